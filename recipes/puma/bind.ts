import { z } from 'zod'
import { isListenAddress, refuseTwice, unitLine } from '../systemd/services.ts'

/** An address as Puma's `-b` takes it. */
const address = unitLine
  .regex(/^(tcp|ssl|unix):\/\/\S+$/, "must be an address as Puma's -b takes it, such as tcp://0.0.0.0:9292 or unix:///run/shop/puma.sock")
  .refine((text) => !text.startsWith('unix://~'), 'begins with ~, which systemd does not expand: write the path in full')
  .refine(
    (text) => !/(^|\/)\.\.?(\/|$)/.test(text.replace(/^\w+:\/\//, '')),
    'has `..`, which systemd does not take: write the path in full',
  )

/** The addresses that Puma listens on. */
export const bind = z.union([address.transform((one) => [one]), z.array(address).superRefine(refuseTwice)]).default([])

/** The same address as systemd takes it (systemd.socket(5)); undefined if it cannot listen there: it does not resolve names. */
export const listenOf = (address: string, inShared: (file: string) => string): string | undefined => {
  const [, scheme, rest = ''] = /^(\w+):\/\/([^?]*)/.exec(address) ?? []
  if (scheme === 'unix') return rest === '' ? undefined : socketPath(rest, inShared)
  return isListenAddress(rest) ? rest : undefined
}

/** The address as an argument of Puma: a relative path is in `shared`. */
export const bindArgument = (address: string, inShared: (file: string) => string): string =>
  address.replace(/^unix:\/\/([^?]*)/, (_, file: string) => `unix://${socketPath(file, inShared)}`)

/** A name that begins with @ is in the abstract namespace of Linux (unix(7)), and not a file. */
const socketPath = (file: string, inShared: (file: string) => string): string => (file.startsWith('@') ? file : inShared(file))
