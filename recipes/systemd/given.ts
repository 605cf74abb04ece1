// Written by `npm run settings` from settings.ts. Do not edit. Editors show the comments of an interface, but not those of a type that is
// computed from a schema.
import type { Given } from './settings.ts'

/** The settings of a service, as given to `use`. */
export interface GivenService {
  /**
   * The unit. Without a suffix it is a `.service`; write out `.socket`, `.timer`, `.target` and the others.
   * @example 'shop-web'
   */
  readonly unit?: Given['unit']
  /**
   * Several units instead of one, always in one call. Sockets, timers and paths come first.
   * @example ['web', 'web.socket']
   */
  readonly units?: Given['units']
  /**
   * The hosts: a role, several, or `{ roles, primary, where, except }`.
   */
  readonly on?: Given['on']
  /**
   * The systemd that runs the unit: the system's, through sudo, or a user's own.
   */
  readonly serviceUnitUser?: Given['serviceUnitUser']
  /**
   * The user that the service runs as; null: the deploying one. It is `User=` of a system unit, or the user whose own systemd has the unit.
   */
  readonly user?: Given['user']
  /**
   * The systemctl command, or its full path.
   */
  readonly systemctlBin?: Given['systemctlBin']
  /**
   * `true`: a service that all applications on the host use, such as nginx. shipit does not check who owns its unit.
   */
  readonly shared?: Given['shared']
  /**
   * `true`: `reload` restarts units that cannot be reloaded.
   */
  readonly reloadOrRestart?: Given['reloadOrRestart']
  /**
   * The command: shipit writes its unit. A program with a slash is in `current` (`bin/web`); any other is found in the PATH of the stage's commands (`node server.js`). A string is split at spaces; a list has its words as they are, so write one if a word has a space.
   * @example ['/bin/sh', '-c', 'exec bin/web']
   */
  readonly exec?: Given['exec']
  /**
   * With `exec`: what systemd listens on for the service: a port, an address with a port, a path (relative: in `shared`), or a list of these. shipit writes a socket unit, which stays up over a restart; the service gets the socket as file descriptor 3.
   * @example [3000, 'tmp/sockets/web.sock']
   */
  readonly listen?: Given['listen']
  /**
   * With `exec`: its environment. Every account on the host can read a unit, so a secret is refused: put it into a file, `envFiles`.
   * @example { NODE_ENV: 'production', PORT: 3000 }
   */
  readonly env?: Given['env']
  /**
   * With `exec`: files with NAME=VALUE lines. Relative paths are in `shared`; put a `-` before one that may be missing.
   * @example ['.env', '-/etc/default/shop']
   */
  readonly envFiles?: Given['envFiles']
  /**
   * With `exec`: a file to append the output to. A relative path is in `shared`; null: the journal.
   * @example 'log/web.log'
   */
  readonly log?: Given['log']
  /**
   * The same for stderr. null: the same as `log`.
   * @example 'log/web.error.log'
   */
  readonly errorLog?: Given['errorLog']
  /**
   * With `exec`, true: the service notifies systemd when it is up (`READY=1`).
   * @example true
   */
  readonly notify?: Given['notify']
  /**
   * With `exec`: seconds between TERM and KILL.
   * @example 60
   */
  readonly stopTimeout?: Given['stopTimeout']
  /**
   * With `exec`: units to start with it, and before it.
   * @example ['redis-server.service']
   */
  readonly wants?: Given['wants']
  /**
   * With `exec`: directives by section, in systemd's syntax. They replace those of shipit; null leaves one out. `Socket` needs `listen`.
   * @example { Service: { MemoryMax: '2G', ExecReload: '/bin/kill -HUP $MAINPID' } }
   */
  readonly directives?: Given['directives']
  /**
   * How many hosts restart at a time; null: all at once. With it, the services of a host restart one by one.
   */
  readonly rolling?: Given['rolling']
  /**
   * The tasks of the service that run after a task of the deploy.
   * @example { 'deploy:published': 'reload' }
   */
  readonly after?: Given['after']
}
