/** What is wrong, in a sentence, and what to do about it: said in the same words by a deploy that refuses and by the doctor. */
export interface Trouble {
  readonly message: string
  /** a command where one helps */
  readonly remedy: string
}

/** What a doctor found. A `warning` does not make the doctor fail. */
export interface Finding extends Trouble {
  readonly level: 'error' | 'warning'
}
