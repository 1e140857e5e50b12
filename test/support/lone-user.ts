let users = 0

/**
 * What makes `setpriv` run a program as a user who has no other processes, whose limit therefore counts that program's
 * alone: nobody else is given this one, neither by another test file nor for the program before, whose reaper outlives it
 * by a moment.
 */
export function asLoneUser(): string[] {
  const user = String(2_000_000 + process.pid * 64 + users++)
  return ['--reuid', user, '--regid', user, '--clear-groups']
}
