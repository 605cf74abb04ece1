import { splitLogin } from '../../values/repo-url.ts'

/** The address of a repository, for a config. */
export interface Remote {
  /** without a user's password or token; undefined: no address, or one that a config cannot have */
  readonly url: string | undefined
  /** what was left out of it; `address`: all of it, because no server can read from there */
  readonly without: readonly ('login' | 'query' | 'address')[]
  /** it is a path, which each server must have */
  readonly path: boolean
}

/** What follows "?" in an address for the web: it may be a token, whatever it is called. */
const QUERY = /^((?:https?|ftps?):\/\/[^?#]*)[?#].*$/is

/** An address without its user, password and query, which may be secrets. Paths and addresses of ssh have no query. */
export const cleanRemote = (address: string | undefined): Remote => {
  if (address === undefined) return { url: undefined, without: [], path: false }
  // relative to the checkout, or not an address
  if (!/^(?:[a-z][a-z0-9+.-]*:\/\/|\/|~|[^/:]+:(?!:))/i.test(address)) return { url: undefined, without: ['address'], path: false }
  try {
    const { url, login } = splitLogin(address, false)
    const plain = url.replace(QUERY, '$1')
    const without = [...(login === undefined ? [] : ['login' as const]), ...(plain === url ? [] : ['query' as const])]
    return { url: plain, without, path: /^(?:file:|\/|~)/i.test(plain) }
  } catch {
    // an address with a password that shipit refuses
    return { url: undefined, without: ['login'], path: false }
  }
}

/** What was left out, as sentences for the person who has to replace it. `of`: whose address. */
export const withoutText = ({ without }: Remote, of: string): readonly string[] =>
  without.map((what) => `the address of ${of} ${TEXT[what]}`)

const ACCESS = 'give each server access of its own, such as a deploy key'
const TEXT: Readonly<Record<Remote['without'][number], string>> = {
  login: `has a login, which is not in the config: ${ACCESS}`,
  query: `has something after "?", which may be a token and is not in the config: ${ACCESS}`,
  address: 'is one that only this machine can read: servers need another one',
}
