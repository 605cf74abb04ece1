import type { Given } from '../support/context.ts'
import {
  active,
  asSvc,
  deploying,
  down,
  first,
  lingering,
  listening,
  live,
  missing,
  running,
  says,
  simple,
  status,
  svc,
} from './systemd.ts'
import { ended, up } from './looks.ts'
import type { UnitFact } from './systemd.ts'

export interface Golden {
  readonly title: string
  readonly settings?: Record<string, unknown>
  /** in the order of the units: the socket comes first */
  readonly units?: readonly UnitFact[]
  readonly given?: Given
  /** the exact texts of the facts that the check of a deploy reads, besides the units */
  readonly asks?: readonly string[]
  /** by task: the exact texts of its steps */
  readonly steps: Readonly<Record<string, readonly string[]>>
}

const system = { serviceUnitUser: 'system' }
const phased = { phased: true, phasedTimeout: 60 }
const usr1 = 'kill --kill-who=main -s USR1'
const workers = (given: Given, text: string): Given => ({ ...given, facts: { workers: text } })

/** Waits until the old workers are gone, and as many new ones are there. */
export const renewed = (ctl: string, pid: number, old: string, count: number, seconds = 60) => `n=0 old='${old}'
while :; do
  [ "$(${ctl} show -p MainPID --value puma.service)" = ${pid} ] || { echo 'the main process of Puma is no longer ${pid}: it ended, or was restarted as a whole' >&2; exit 1; }
  left= new=0
  for w in $(cat /proc/${pid}/task/${pid}/children || :); do
    case $old in *" $w "*) left="$left $w" ;; *) new=$((new + 1)) ;; esac
  done
  [ "$n" -lt 2 ] || [ -n "$left" ] || [ "$new" -lt ${count} ] || exit 0
  [ "$n" -lt ${seconds} ] || { echo 'after ${seconds} s, old workers are left:'"\${left:- none, but too few new ones}" >&2; exit 1; }
  n=$((n + 1))
  sleep 1
done`

export const golden: readonly Golden[] = [
  {
    title: 'the user scope, the default, during a deploy',
    units: [running(100)],
    given: deploying,
    asks: [lingering()],
    steps: {
      check: [],
      restart: ['systemctl --user restart puma.service', ended('puma.service'), up('puma.service', '100')],
    },
  },
  {
    title: 'the system scope, outside a deploy',
    settings: { ...system, serviceUnitName: 'shop_puma', systemctlBin: '/bin/systemctl' },
    units: [simple(100)],
    given: live,
    asks: ['sudo -n -l /bin/systemctl restart shop_puma.service'],
    steps: {
      check: [],
      start: ['sudo /bin/systemctl start shop_puma.service', up('shop_puma.service', '100', 'settle')],
      stop: ['sudo /bin/systemctl stop shop_puma.service', ended('shop_puma.service')],
      reload: ['sudo /bin/systemctl reload shop_puma.service', up('shop_puma.service', '100', 'settle')],
      status: [status('/bin/systemctl', 'shop_puma.service')],
      log: ['journalctl --no-pager -n 100 -f -u shop_puma.service'],
      enable: ['sudo /bin/systemctl enable shop_puma.service'],
      disable: ['sudo /bin/systemctl disable shop_puma.service'],
    },
  },
  {
    title: "a unit of another user's systemd",
    settings: { user: 'svc', phased: true, phasedTimeout: 60 },
    units: [running(100)],
    given: { ...deploying, facts: { account: svc, workers: '101 102 \n' } },
    steps: {
      restart: [
        asSvc('systemctl --user restart puma.service'),
        ended('puma.service', 'as svc: '),
        up('puma.service', '100', 'notify', 'as svc: '),
      ],
      phased_restart: [asSvc(`systemctl --user ${usr1} puma.service`), asSvc(renewed('systemctl --user', 100, ' 101 102 ', 2))],
    },
  },
  {
    title: 'a User= of a system unit is left to the unit',
    settings: { ...system, user: 'svc' },
    units: [running(100)],
    given: live,
    steps: { restart: ['sudo systemctl restart puma.service', ended('puma.service'), up('puma.service', '100')] },
  },
  {
    title: 'a socket starts before Puma and stays up over a restart',
    settings: { ...system, socket: true },
    units: [listening, running(100)],
    given: deploying,
    asks: ['sudo -n -l systemctl start puma.socket', 'sudo -n -l systemctl restart puma.service'],
    steps: {
      check: [],
      start: ['sudo systemctl start puma.socket puma.service', up('puma.service', '100'), active('systemctl', 'puma.socket')],
      stop: ['sudo systemctl stop puma.socket puma.service', ended('puma.service')],
      restart: ['sudo systemctl restart puma.service', ended('puma.service'), up('puma.service', '100')],
      enable: ['sudo systemctl enable puma.socket puma.service'],
    },
  },
  {
    title: 'a stopped socket with another name starts first',
    settings: { ...system, socket: 'http' },
    units: [{ ActiveState: 'inactive' }, down],
    given: deploying,
    steps: {
      restart: [
        'sudo systemctl start http.socket',
        active('systemctl', 'http.socket'),
        'sudo systemctl restart puma.service',
        up('puma.service'),
      ],
    },
  },
  {
    title: 'phased',
    settings: { ...system, ...phased },
    units: [running(100)],
    given: workers(deploying, '101 102 103 '),
    asks: ['sudo -n -l systemctl start puma.service', `sudo -n -l systemctl ${usr1} puma.service`],
    steps: {
      check: [],
      phased_restart: [`sudo systemctl ${usr1} puma.service`, renewed('systemctl', 100, ' 101 102 103 ', 3)],
      reload: [`sudo systemctl ${usr1} puma.service`, renewed('systemctl', 100, ' 101 102 103 ', 3)],
      restart: ['sudo systemctl restart puma.service', ended('puma.service'), up('puma.service', '100')],
    },
  },
  {
    title: 'a phased restart without visible workers checks the main process',
    settings: phased,
    units: [running(100)],
    given: deploying,
    steps: { phased_restart: [`systemctl --user ${usr1} puma.service`, renewed('systemctl --user', 100, '  ', 0)] },
  },
  {
    title: 'a phased restart of a stopped Puma starts it',
    settings: { ...system, ...phased, socket: true },
    units: [{ ActiveState: 'inactive' }, down],
    given: first,
    steps: {
      phased_restart: ['sudo systemctl start puma.socket puma.service', up('puma.service'), active('systemctl', 'puma.socket')],
    },
  },
  {
    title: 'a restart that is not phased',
    units: [running(100)],
    given: live,
    steps: { phased_restart: ["printf '%s\\n' 'Puma is not set up for phased restarts' >&2; exit 1"] },
  },
  {
    title: 'the first deploy without the unit',
    units: [missing],
    given: first,
    steps: { restart: ['systemctl --user restart puma.service'], check: [] },
  },
  {
    title: 'a missing unit on a host with a good release fails before anything is touched',
    units: [missing],
    given: deploying,
    steps: { check: [says('puma.service is not installed')] },
  },
]
