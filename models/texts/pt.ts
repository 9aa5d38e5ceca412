import type { KnownText } from "./known-text.ts";
import type { PrivacyText } from "./privacy-text.ts";
import type { VisitorText } from "./visitor-text.ts";

export const visitor: VisitorText = {
  title: "Podemos aprender com a sua visita?",
  body: "Com a sua autorização, guardamos os passos que dá aqui, para ajudar onde as pessoas ficam presas. O site funciona da mesma forma se disser que não, e pode mudar de ideia a qualquer momento.",
  accept: "Aceitar tudo",
  reject: "Recusar tudo",
  modes: {
    "opt-out": {
      title: "Aprendemos com a sua visita",
      body: "Guardamos os passos que dá aqui, para ajudar onde as pessoas ficam presas. Pode dizer que não a qualquer momento, e o site funciona da mesma forma.",
      accept: "Está bem",
      reject: "Recusar tudo",
    },
    notice: {
      title: "Como aprendemos com a sua visita",
      body: "Guardamos os passos que dá aqui, para ajudar onde as pessoas ficam presas. Pode opor-se a qualquer momento, e o site funciona da mesma forma.",
      accept: "Já li",
      reject: "Oponho-me",
    },
  },
  choose: "Escolher em detalhe",
  announced: "Pode escolher no início desta página.",
  control: "Opções de privacidade",
  withdraw: "Retirar",
  close: "Fechar sem alterar a minha escolha",
  names: {
    analytics: "A sua visita",
    scoring: "Previsões",
    personalization: "Ajuda e ofertas",
    improvement: "Melhores previsões",
    sharing: "Partilha com outros",
  },
  purposes: {
    analytics: "Guardamos, com um número aleatório, que páginas abre e em que carrega. Nunca o que escreve.",
    scoring:
      "A partir dos seus passos calculamos se está com dificuldades ou prestes a decidir, no seu dispositivo e de novo no nosso servidor.",
    personalization: "Mostramos-lhe uma dica ou uma oferta quando pode ajudar.",
    improvement: "Usamos as visitas para melhorar as previsões.",
    sharing: "Passamos a sua visita a outras empresas.",
  },
  gpcHonoured:
    "Pedido de exclusão respeitado: o seu navegador envia Global Privacy Control. O que escolher aqui prevalece.",
  dntHonoured: "Pedido de exclusão respeitado: o seu navegador envia Do Not Track. O que escolher aqui prevalece.",
  needs: "Só em conjunto com «{name}».",
  save: "Guardar a minha escolha",
  saved: "A sua escolha está guardada.",
  changed: "O que há de novo desde a sua última escolha",
  newPurposes: "Outra finalidade: {name}",
  newRecipients: "Outro destinatário: {name}",
  keptLonger: "Guardado mais tempo do que antes: {days} dias",
  objection: "Oposição à definição de perfis",
  objectionMeans:
    "Nesse caso não fazemos previsões a seu respeito, não escolhemos dicas com base nelas e deixamo-lo fora das experiências, seja o que for que esteja escolhido acima. Vale de imediato.",
  object: "Oponho-me à definição do meu perfil",
  objected: "Opõe-se à definição de perfis. Já parou.",
  takeBack: "Retirar a minha oposição",
  recipients: "Destinatários: {names}",
  kept: "Guardado no máximo {days} dias.",
  privacy: "O que é guardado, porquê e por quanto tempo",
  receipt: "Comprovativo da minha escolha",
  receiptOf: "Comprovativo de {date}",
  receiptYes: "Disse sim a: {names}",
  receiptNo: "Disse não a: {names}",
  receiptNone: "Não há comprovativo para si: não se guarda nada que lhe possa ser atribuído.",
  download: "Guardar como ficheiro (JSON)",
  dismiss: "Fechar",
  why: "Porque vejo isto?",
  whyDecided:
    "Foi decidido automaticamente, por uma regra, a partir dos passos dados neste site. Nenhuma pessoa interveio.",
  keys: "F8 leva a esta mensagem e de volta; Escape fecha-a.",
};

export const privacy: PrivacyText = {
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

export const known: KnownText = {
  title: "O que se sabe sobre si",
  intro:
    "Isto é o que {site} guarda das suas visitas, em {date}. O seu nome só aparece se você ou o site disseram quem é.",
  nothing: "Nada é guardado sobre si.",
  choices: "As suas escolhas",
  none: "nada",
  steps: "O que fez",
  stepsAre: "Os últimos passos, o mais recente primeiro. O ficheiro que pode descarregar contém todos.",
  time: "Hora",
  what: "O quê",
  where: "Onde",
  help: "O que foi decidido para si",
  helpIs: "Cada vez que o site perguntou se o devia ajudar, e porque o fez ou não.",
  shown: "mostrado",
  notShown: "não mostrado",
  team: "O que a equipa do site vê",
  stage: "Etapa",
  cameBy: "Chegou por",
  device: "Dispositivo",
  stall: "Parece parado",
  intent: "Parece prestes a agir",
  browsers: "Os seus navegadores",
  browsersAre: "Navegadores em que iniciou sessão: juntos são um só percurso.",
  history: "Arquivo",
  rows: "{count} entradas",
  more: "Pode obter tudo isto num ficheiro, corrigi-lo, parar o seu uso ou apagá-lo, com a mesma prova com que pediu esta página.",
  restricted: "Parou o uso destes dados. São guardados, e nada se faz com eles.",
};
