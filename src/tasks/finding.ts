/** A problem in one sentence, and its remedy. A deploy that refuses and the doctor use the same words. */
export interface Trouble {
  readonly message: string
  /** a command if one helps */
  readonly remedy: string
}

/** A problem that the doctor found. A `warning` does not make the doctor fail. */
export interface Finding extends Trouble {
  readonly level: 'error' | 'warning'
}
