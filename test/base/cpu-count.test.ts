import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { cgroupQuota } from '#dist/base/cpu-count.js'
import { cpuCount } from 'manycore'

describe('cpuCount', () => {
  const before = process.env['MANYCORE_CPU_COUNT']
  afterEach(() => {
    if (before === undefined) delete process.env['MANYCORE_CPU_COUNT']
    else process.env['MANYCORE_CPU_COUNT'] = before
  })

  it('is a whole number of at least 1', () => {
    delete process.env['MANYCORE_CPU_COUNT']
    assert.ok(Number.isSafeInteger(cpuCount()) && cpuCount() >= 1)
  })

  it('#187 is overridden by the environment', () => {
    process.env['MANYCORE_CPU_COUNT'] = '7'
    assert.equal(cpuCount(), 7)
  })

  it('refuses an override that is no count', () => {
    for (const bad of ['0', '-1', '1.5', 'many']) {
      process.env['MANYCORE_CPU_COUNT'] = bad
      assert.throws(() => cpuCount(), { code: 'MC_ARGUMENT_INVALID', message: /MANYCORE_CPU_COUNT/ })
    }
  })
})

describe('cgroupQuota', () => {
  const over = (files: Record<string, string>) => cgroupQuota((file) => files[file])

  it('is without limit where there are no control groups', () => {
    assert.equal(over({}), Infinity)
    assert.equal(over({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }), Infinity)
  })

  it('reads version 2, and takes the tightest group on the way up', () => {
    const files = {
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/b/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/a/cpu.max': '150000 100000\n',
    }
    assert.equal(over(files), 1.5)
  })

  it('reads version 1', () => {
    const files = {
      '/proc/self/cgroup': '5:memory:/x\n4:cpu,cpuacct:/x\n',
      '/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us': '200000\n',
      '/sys/fs/cgroup/cpu/x/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    }
    assert.equal(over(files), 2)
  })
})
