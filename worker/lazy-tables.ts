/** Tables of an object that are made when they are first needed: making one is billed, and most objects need few. */
export abstract class LazyTables {
  readonly #sql: SqlStorage;
  readonly #schema: string;
  #areThere = false;

  /** `schema`: statements that make the tables where they are not there. */
  constructor(sql: SqlStorage, schema: string) {
    this.#sql = sql;
    this.#schema = schema;
  }

  /** The storage, with the tables in it. */
  protected get tables(): SqlStorage {
    if (!this.#areThere) this.#sql.exec(this.#schema);
    this.#areThere = true;
    return this.#sql;
  }

  /** After a transaction that was taken back: a table that was made in it is there no more. */
  forget(): void {
    this.#areThere = false;
  }
}
