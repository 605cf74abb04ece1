import type { BaseAgent } from 'ssh2'

export interface ForwardedAgent {
  readonly agent: BaseAgent
  /** Counts the channels that may use it. */
  readonly use: (change: 1 | -1) => void
}

/**
 * The ssh agent as far as it is lent to a server. sshd keeps the agent's socket for all later sessions of a connection once it was
 * forwarded to one; here it is answered only while a channel that asked for it is open.
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
