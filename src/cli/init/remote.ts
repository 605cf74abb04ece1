import { splitLogin } from '../../values/repo-url.ts'

/** The address of a repository, for a config. */
export interface Remote {
  /** without what may be a secret; undefined if there is no address, or none that shipit takes */
  readonly url: string | undefined
  /** what was left out of it */
  readonly without: readonly ('login' | 'query')[]
}

/** What follows "?" in an address for the web: it may be a token, whatever it is called. */
const QUERY = /^((?:https?|ftps?):\/\/[^?#]*)[?#].*$/is

/** An address without its user, password and query, which may be secrets. Paths and addresses of ssh have no query. */
export const cleanRemote = (address: string | undefined): Remote => {
  if (address === undefined) return { url: undefined, without: [] }
  try {
    const { url, login } = splitLogin(address, false)
    const plain = url.replace(QUERY, '$1')
    return { url: plain, without: [...(login === undefined ? [] : ['login' as const]), ...(plain === url ? [] : ['query' as const])] }
  } catch {
    // an address with a password that shipit refuses
    return { url: undefined, without: ['login'] }
  }
}

/** What was left out, as a sentence for the person who has to replace it. `of`: whose address. */
export const withoutText = ({ without }: Remote, of: string): readonly string[] =>
  without.map((what) =>
    what === 'login'
      ? `the address of ${of} has a login, which is not in the config: give each server access of its own, such as a deploy key`
      : `the address of ${of} has something after "?", which may be a token and is not in the config: give each server access of its own, such as a deploy key`,
  )
