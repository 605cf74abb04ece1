/** Why a run failed; set in the tasks that run after a failure, such as hooks on `deploy:failed`. */
export interface Failure {
  readonly task: string | undefined
  /** the name of the host, which need not be among those of the task that reads it: it may be this machine, or one that is lost */
  readonly host: string | undefined
  readonly message: string
  /** whether every host had switched to the new release */
  readonly published: boolean
  /**
   * How far a task got on this host in this run. `failed`: one of its steps failed by itself; `started`: it was cut short (an interrupt, a
   * lost connection, another host's failure), at an unknown point.
   */
  ran(task: string): Progress | 'no'
}
export type Progress = 'started' | 'done' | 'failed'
