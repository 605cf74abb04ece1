/** How a question is asked, and what counts as an answer. */
export interface QuestionOptions<T extends string = string> {
  /** What the person reads; the name by default. */
  readonly message?: string
  /** Taken if the person types nothing, and if nobody can be asked. */
  readonly default?: NoInfer<T>
  /** The only answers. */
  readonly choices?: readonly T[]
  /** Returns true, or why the answer will not do; then it is asked for again. */
  readonly validate?: (answer: string) => true | string
  /** If nobody can be asked: `'default'` takes the default, `'fail'` is an error all the same. */
  readonly unattended?: 'default' | 'fail'
}
/** A secret has no default, which would stand in the config. */
export type SecretQuestionOptions = Pick<QuestionOptions, 'message' | 'validate'>

export interface Question extends Omit<QuestionOptions, 'message'> {
  /** in `--answer NAME=VALUE` */
  readonly name: string
  readonly message: string
  readonly secret: boolean
}

/** Throws TypeError for a name that cannot be typed after `--answer`. `maker`: what has it: `ask()`. */
export const makeQuestion = (maker: string, name: string, o: QuestionOptions, secret = false): Question => {
  if (typeof name !== 'string' || !/^[\w.-]+$/.test(name))
    throw new TypeError(
      `${maker} takes a name of letters, digits, dots, dashes and underscores, which --answer NAME=… answers; what people read is its message: ${maker.replace('()', '')}('name', { message: 'Which name?' })`,
    )
  return { ...o, name, message: o.message ?? name, secret }
}
