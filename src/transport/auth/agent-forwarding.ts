import type { BaseAgent } from 'ssh2'

export interface ForwardedAgent {
  readonly agent: BaseAgent
  /** Counts the channels that may use the agent. */
  readonly use: (change: 1 | -1) => void
}

/**
 * The ssh agent that a server may use. Once the agent is forwarded to one session, sshd keeps its socket for all later sessions of the
 * connection. This one answers only while a channel that asked for it is open.
 */
export const forwardedAgent = (
  socket: string | undefined,
  OpenSSHAgent: typeof import('ssh2').OpenSSHAgent,
): ForwardedAgent | undefined => {
  if (socket === undefined) return undefined
  let users = 0
  const agent = new OpenSSHAgent(socket)
  const getStream = agent.getStream.bind(agent)
  return {
    agent: Object.assign(agent, {
      getStream: (done: Parameters<typeof getStream>[0]) => {
        if (users > 0) getStream(done)
        else done(new Error('the agent is not forwarded now'))
      },
    }),
    use: (change) => {
      users += change
    },
  }
}
