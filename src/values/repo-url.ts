import { secret, type Secret } from './secret.ts'

/** The user and password in `https://USER:PASSWORD@host/…`. git gets them separately from the address. */
export interface RepoLogin {
  /** `https://git.example.com:8443`: no other server gets them */
  readonly scope: string
  readonly user: string | Secret
  /** undefined: the user is a token that needs no password */
  readonly password: Secret | undefined
}

/** git's protocol for logins is line-based (git-credential(1)). */
const CONTROL = /\p{Cc}/u

/**
 * An address in which it is unclear what the password is. In `user:pa/ss@host`, git takes `user:pa` for the server, and calls programs
 * with the rest in the address. `user:12/34@host` may also be the path `34@host` on port 12, and `user:p@ss/word@host` a path on `ss`.
 */
const UNCLEAR = /^(?:https?|ftps?):\/\/(?:[^/?#@[]*:[^/?#@]*|[^/?#@]*:[^/?#]*@[^/?#]*)[/?#].*@/is

/** A user of this length or more is a token: `https://TOKEN@host/…`. */
const TOKEN = 20

/**
 * Splits an address into the address without a login, and the login. `hidden`: the address came in `secret()`, so a user without a
 * password is hidden too. Throws a TypeError for an address whose secret part cannot be given to git separately.
 */
export const splitLogin = (url: string, hidden: boolean): { readonly url: string; readonly login: RepoLogin | undefined } => {
  const [, scheme = '', userinfo = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)@(.*)$/is.exec(url) ?? []
  if (CONTROL.test(decoded(userinfo))) throw new TypeError('a user or password cannot contain line breaks')
  if (UNCLEAR.test(url))
    throw new TypeError(
      "in the user and password of an address, write '/' as %2F, '?' as %3F, '#' as %23 and '@' as %40; in its path, write '@' as %40",
    )
  const web = /^(https?|ftps?)$/i.test(scheme)
  const colon = userinfo.indexOf(':')
  if (!web && colon >= 0) throw new TypeError(`${scheme}:// takes no password: use a key`)
  if (hidden && url.includes('?')) throw new TypeError('secret() can hide the user and the password of an address, not what follows "?"')
  const token = userinfo.length >= TOKEN || hidden
  if (!web || userinfo === '' || (colon < 0 && !token)) return { url, login: undefined }
  const scope = `${scheme.toLowerCase()}://${/^[^/?#]*/.exec(rest)![0]}`
  if (colon < 0) return { url: `${scheme}://${rest}`, login: { scope, user: secret(decoded(userinfo)), password: undefined } }
  const [user, password] = [decoded(userinfo.slice(0, colon)), decoded(userinfo.slice(colon + 1))]
  // the form that an Authorization header has in base64, and the encoded form in the address
  for (const form of [`${user}:${password}`, userinfo.slice(colon + 1)]) if (password !== '') secret(form)
  const name = hidden && user !== '' ? secret(user) : user
  return { url: `${scheme}://${rest}`, login: { scope, user: name, password: password === '' ? undefined : secret(password) } }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** An address for a message, without anything that may be a user or a password. */
export const withoutLogin = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/is, '$1[secret]@')

/** Whether two addresses name the same repository, whatever the protocol (ssh, https, `host:path`), user, port and `.git`. */
export const sameRepository = (a: string, b: string): boolean => canonical(a) === canonical(b)

const canonical = (url: string): string => {
  const file = /^file:\/\/(\/.*)$/i.exec(url)?.[1] ?? (url.startsWith('/') ? url : undefined)
  if (file !== undefined) return withoutSuffix(file)
  const [, host, path] =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/]*@)?([^/:]+)(?::\d+)?\/+(.*)$/i.exec(url) ?? /^(?:[^/@]*@)?([^/:]+):\/*(.*)$/.exec(url) ?? []
  return host === undefined ? withoutSuffix(url) : `${host.toLowerCase()}:${withoutSuffix(path!).replace(/^\/+/, '')}`
}

const withoutSuffix = (path: string): string =>
  path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .replace(/\/+$/, '')
