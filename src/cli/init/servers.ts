import { makeHosts } from '../../inventory/hosts.ts'
import { parseHostString, withoutPassword } from '../../inventory/host-string.ts'

/** The servers of an answer: `deploy@a1, deploy@a2`. */
export const serversIn = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)

/** What is wrong with the first of them that is not a server; undefined if all are. */
export const serversProblem = (text: string): string | undefined => {
  const servers = serversIn(text)
  if (servers.length === 0) return 'there is no server in it'
  for (const server of servers) {
    try {
      parseHostString(server)
    } catch (error) {
      return `${JSON.stringify(withoutPassword(server))} is not a host: ${(error as Error).message}`
    }
  }
  // one that is listed twice; the rest of the message is about a config
  return makeHosts(servers).problems[0]?.message.replace(/;.*/, '')
}
