import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { refusedCommand, sudoRefused } from '../../src/shell/sudo-refused.ts'

const REFUSED = [
  // sudo 1.9
  'sudo: a password is required',
  'sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper',
  'sudo: no password was provided',
  'sudo: sorry, you must have a tty to run sudo',
  "Sorry, user deploy is not allowed to execute '/usr/bin/systemctl stop a.service' as root on w1.",
  "Sorry, user EXAMPLE\\jo doe is not allowed to execute '/usr/bin/id' as root on w1.",
  'Sorry, user deploy may not run sudo on w1.',
  'deploy is not in the sudoers file.',
  'deploy is not in the sudoers file.  This incident will be reported.',
  'deploy is not allowed to run sudo on w1.  This incident will be reported.',
  'User deploy is not allowed to run sudo on w1.',
  'sudo: sorry, you are not allowed to set the following environment variables: RAILS_ENV',
  'sudo: sorry, you are not allowed to preserve the environment',
  'sudo: you are not permitted to use the -D option with /usr/bin/id',
  'sudo: 1 incorrect password attempt',
  'sudo: 3 incorrect password attempts',
  // older ones
  'sudo: no tty present and no askpass program specified',
  'sudo: sorry, a password is required to run sudo',
  // sudo-rs
  'sudo: interactive authentication is required',
  "sudo: I'm sorry deploy. I'm afraid I can't do that",
  "sudo: authentication failed: I'm sorry deploy. I'm afraid I can't do that",
  'sudo: Sorry, user deploy may not run sudo on w1.',
  "sudo: Sorry, user deploy is not allowed to execute '/usr/bin/id' as root on w1.",
  'sudo: you are not allowed to set the following environment variables: RAILS_ENV',
  'sudo: Maximum 3 incorrect authentication attempts',
]

const OTHER = [
  'sudo: unable to resolve host w1: Name or service not known',
  'sudo: systemctl: command not found',
  "sudo: 'systemctl': command not found",
  'sudo: unknown user svc',
  'sudo: unknown user: svc',
  "sudo: user 'svc' not found",
  'sudo: /etc/sudo.conf is world writable',
  "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set or an NFS file system without root privileges?",
  'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
  'sh: 1: sudo: not found',
  'bash: sudo: command not found',
  'Failed to restart a.service: Unit a.service not found.',
  'mkdir: cannot create directory: Permission denied',
]

test('a refusal of sudo or sudo-rs is recognized, whatever other text surrounds it', () => {
  for (const text of REFUSED) {
    assert.ok(sudoRefused(text), text)
    assert.ok(sudoRefused(`sudo: unable to resolve host w1: Name or service not known\n${text}\nmore\n`), text)
  }
})

test('other messages of sudo are not taken for a refusal', () => {
  for (const text of OTHER) assert.ok(!sudoRefused(text), text)
})

test("the refused command is read from sudo's message", () => {
  assert.equal(refusedCommand(REFUSED[4]!), '/usr/bin/systemctl stop a.service')
  assert.equal(refusedCommand('sudo: a password is required'), undefined)
})

test("no other file has patterns for sudo's refusals", () => {
  const own = ['src', 'recipes']
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`))
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => !file.endsWith('shell/sudo-refused.ts'))
    .filter((file) =>
      /\/\^?[^/\n]*(?:may not run|not allowed|not in the sudoers|a password is required)[^/\n]*\/[mi]*\.(?:test|exec)\(/.test(
        readFileSync(file, 'utf8'),
      ),
    )
  assert.deepEqual(own, [])
})
