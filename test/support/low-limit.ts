/**
 * Ends a program that uses up all descriptors when nobody has given it a low limit: with the usual one it would start
 * processes until the machine has no room for anything.
 */
export function refuseWithoutLowLimit(most: number): void {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
  const soft = Number(userLimits?.open_files?.soft)
  if (soft <= most) return
  console.error(`Run this program with few descriptors, as after ulimit -n ${most}: there are ${soft}.`)
  process.exit(1)
}
