import type { Question } from '../values/question.ts'

/** Asks a person, if there is one, during a run. */
export interface Asker {
  /** The answer. Throws (usage) if nobody can be asked and there is no default. */
  ask(question: Question): Promise<string>
  /** Whether the person agrees. `word`: what they have to type; without it, y. Throws (usage) if nobody can be asked. */
  confirm(message: string, word: string | undefined): Promise<boolean>
}
