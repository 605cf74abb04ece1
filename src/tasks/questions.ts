import type { QuestionOptions, SecretQuestionOptions } from '../values/question.ts'
import type { Secret } from '../values/secret.ts'

/** What a `run` task can ask a person. */
export interface Questions {
  /**
   * Asks at the terminal, now. Without a terminal, and with `--yes`, it is the default; `--answer NAME=VALUE` answers in any case. Throws if
   * there is no answer.
   */
  ask<const T extends string = string>(name: string, o?: QuestionOptions<T>): Promise<T>
  /** The same for a secret, which is not shown as it is typed. */
  askSecret(name: string, o?: SecretQuestionOptions): Promise<Secret>
  /** Goes on only after a yes, or after `type` was typed; `--yes` says so. Throws otherwise, and if nobody can be asked. */
  confirm(message: string, o?: { type?: string }): Promise<void>
}
