/**
 * The page that compares two commits, if the address of a repository is one of GitHub or GitLab: theirs, or a server of one's own that is
 * called `github.…` or `gitlab.…`. It has no user or password of the address.
 */
export const compareUrl = (repository: string, from: string, to: string): string | undefined => {
  const [, scheme = '', host = '', port, path = ''] =
    /^(https?|ssh|git):\/\/(?:[^/@]*@)?([a-z0-9.-]+)(?::(\d+))?\/+(.+)$/i.exec(repository) ?? scpLike(repository) ?? []
  const name = path.replace(/\/+$/, '').replace(/\.git$/, '')
  const server = host.toLowerCase().replace(/^(?:ssh|altssh)\.(github\.com|gitlab\.com)$/, '$1')
  const kind = /^(github|gitlab)\.[a-z0-9.-]+$/.exec(server)?.[1]
  if (kind === undefined || !/^[\w.-]+(?:\/[\w.-]+)+$/.test(name) || /(?:^|\/)\.\.?(?:\/|$)/.test(name)) return undefined
  const web = /^https?$/i.test(scheme)
  const origin = `${web ? scheme.toLowerCase() : 'https'}://${server}${web && port !== undefined ? `:${port}` : ''}`
  return `${origin}/${name}${kind === 'gitlab' ? '/-' : ''}/compare/${from}...${to}`
}

/** `git@github.com:owner/name.git` */
const scpLike = (repository: string): readonly (string | undefined)[] | undefined => {
  const [, host, path] = /^(?:[^/@:]*@)?([a-z0-9.-]+):\/*([^/].*)$/i.exec(repository) ?? []
  return host === undefined ? undefined : ['', 'ssh', host, undefined, path]
}
