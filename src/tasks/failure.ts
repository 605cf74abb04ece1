/** Why a run failed; there in the tasks that hang on `deploy:failed`. */
export interface Failure {
  readonly task: string | undefined
  readonly host: string | undefined
  readonly message: string
  /** whether every host had switched to the new release */
  readonly published: boolean
  /**
   * How far a task came on this host in this run. `failed`: a step of it failed by itself; `started`: it was cut short (an interrupt, a
   * lost connection, another host's failure), and nobody knows where.
   */
  ran(task: string): Progress | 'no'
}
export type Progress = 'started' | 'done' | 'failed'
