import type { Host } from '../inventory/types.ts'

/** With `--set ssh.user=root`, the account that logs in is not the one that deploys. The host keeps both if the config names one. */
export const deployUser = (host: Host, ssh: readonly ({ readonly user?: unknown } | undefined)[]): Host => {
  const configured = host.deployUser ?? ssh.map((of) => of?.user).find((user) => user !== undefined)
  return typeof configured === 'string' && configured !== host.deployUser ? Object.freeze({ ...host, deployUser: configured }) : host
}
