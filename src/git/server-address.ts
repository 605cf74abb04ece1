import { typed } from '../shell/typed.ts'

/**
 * The name of the git server in known_hosts, `[HOST]:PORT` if the port is not 22. Taken from the message of ssh, which has read its own
 * config (HostName, Port, HostKeyAlias), or else from the address.
 */
export const hostKeyName = (output: string, url: string): string => {
  const [, unknown, changed] = /host key is known for (\S+) and you|Host key for (\S+) has changed/.exec(output) ?? []
  return unknown ?? changed ?? nameIn(url) ?? 'HOST'
}

/** `ssh://[user@]HOST[:PORT]/…`, `[user@]HOST:…` or `[user@][HOST:PORT]:…`; an IPv6 address is in brackets (git-clone(1)). */
const nameIn = (url: string): string | undefined => {
  const [, full, fullPort] = /^ssh:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:[\]]+)(?::(\d+))?(?:\/|$)/i.exec(url) ?? []
  if (full !== undefined) return knownHostsName(full.replace(/^\[|\]$/g, ''), fullPort)
  const [, inside, bare] = /^(?:[^/@]*@)?(?:\[([^\]]+)\]|([^/:[\]]+)):/.exec(url) ?? []
  const [, host, port] = /^([^:]+):(\d+)$/.exec(inside ?? '') ?? []
  return host === undefined ? (inside ?? bare) : knownHostsName(host, port)
}

const knownHostsName = (host: string, port: string | undefined): string =>
  port === undefined || port === '22' ? host : `[${host}]:${port}`

/** The command that removes the server's host key from known_hosts. */
export const forgetKey = (name: string): string => `ssh-keygen -R ${typed(name)}`

/** The command that adds the server's host key to known_hosts. */
export const learnKey = (name: string): string => {
  const [, host = name, port] = /^\[(.*)\]:(\d+)$/.exec(name) ?? []
  return `ssh-keyscan ${port === undefined ? '' : `-p ${port} `}${typed(host)} >> ~/.ssh/known_hosts`
}

/** How to write an address that, according to git, has no path. */
export const withPath = (url: string): string => {
  const [, server, path] = /^ssh:\/\/([^/]+:\d+):(.+)$/i.exec(url) ?? []
  return server === undefined
    ? `the address has no path to a repository: write it as ssh://git@git.example.com/team/app.git`
    : `in an ssh:// address the path follows a slash: write ssh://${server}/${path}`
}
