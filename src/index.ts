export { cpuCount } from './base/cpu-count.ts'
export * from './base/errors.ts'
