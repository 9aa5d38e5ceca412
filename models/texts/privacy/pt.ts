import type { PrivacyText } from "./privacy-text.ts";

export const pt: PrivacyText = {
  title: "O que {name} guarda da sua visita",
  intro:
    "Esta página é feita a partir das definições em vigor neste momento, por isso diz o que realmente acontece. Aquilo que aceitou ou recusou está em “Opções de privacidade”.",
  controller: "Quem responde por isto",
  what: "O que é guardado",
  why: "Para quê",
  howLong: "Durante quanto tempo",
  who: "Quem mais o recebe",
  predictions: "Previsões",
  signals: "O que o seu navegador diz por si mesmo",
  rights: "Os seus direitos",
  nobody: "Ninguém. Quem mantém os computadores trabalha apenas segundo as nossas instruções.",
  models: {
    stall: "“stall”, versão {version}, calcula se é provável que tenha parado a meio do caminho.",
    intent: "“intent”, versão {version}, calcula quão perto está do que procurava.",
  },
  modelsRead:
    "Ambas são regras escritas à mão. Leem {count} números: quantos passos deu, até onde chegou e quanto tempo passou. Os seus nomes estão no JSON.",
  noModel: "Não são feitas previsões sobre si.",
  gpcAll:
    "O Global Privacy Control é respeitado: enquanto o seu navegador o enviar e não tiver escolhido outra coisa, nada é guardado.",
  gpcSharing:
    "O Global Privacy Control é respeitado: enquanto o seu navegador o enviar e não tiver escolhido outra coisa, nada é entregue a outros.",
  dnt: "O “Do Not Track” é respeitado da mesma forma.",
  yourRights:
    "Pode ver o que é guardado sobre si, recebê-lo num ficheiro, corrigi-lo, limitá-lo, opor-se e mandar apagá-lo, aqui e agora, a partir do navegador que usa. Pode retirar o seu consentimento a qualquer momento em “Opções de privacidade” e apresentar queixa à autoridade de proteção de dados.",
  days: "no máximo {days} dias",
  untilCleared: "até retirar o consentimento ou limpar o navegador",
  captured: {
    views: "Que páginas abre, sem o que vem depois de “?” no endereço",
    arrival: "De onde veio: o tipo de origem e a campanha indicada na ligação",
    device:
      "Tipo de dispositivo, navegador, sistema, língua e país, como os pedidos do seu navegador os indicam; nunca o seu endereço na rede",
    leaving: "Quanto tempo uma página esteve à sua frente e até onde a percorreu",
    clicks: "Aquilo em que carrega: as palavras que lá estão, nunca o que escreve",
    forms:
      "Que um formulário foi começado, abandonado, recusado ou enviado, e os nomes dos seus campos; nunca o que contêm",
    copies: "Que algo foi copiado; nunca o quê",
    friction: "Sinais de que algo não funciona para si: toques repetidos, toques sem efeito, voltar logo atrás",
    errors: "Erros do programa da página",
    vitals: "A rapidez da página",
    events: "Passos que o próprio sítio comunica, como uma encomenda",
    names: "O nome ou número pelo qual o sítio o conhece, se o comunicar",
    outcomes: "Que sugestões lhe foram mostradas e o que fez com elas",
    scores: "As previsões sobre a sua visita",
  },
  stores: {
    browser: "No seu navegador: a sua escolha e, depois de um sim, um número aleatório",
    outbox: "No seu navegador: passos que ainda não puderam ser enviados",
    cookie: "No seu navegador: o mesmo número aleatório num cookie, no endereço do próprio sítio",
    journey: "No nosso servidor: as suas visitas sob esse número",
    map: "No nosso servidor: somas de todos os visitantes, com a sua parte sob um pseudónimo para poder ser retirada",
    decisions: "No nosso servidor: que sugestões foram consideradas para si e porque foram ou não mostradas",
    history: "No nosso arquivo: os passos, linha a linha, sob o mesmo pseudónimo",
    records: "A prova das suas escolhas, sob um pseudónimo que ninguém consegue ligar a si depois de apagado",
  },
  machine: "O mesmo para máquinas (JSON)",
};
