import { load } from '../base/load.ts'

type CaptureModule = typeof import('../capture/capture.ts')
type RebuildModule = typeof import('../capture/rebuild.ts')
type StacksModule = typeof import('../capture/stacks.ts')
type VerdictModule = typeof import('../capture/verdict.ts')
type WalkModule = typeof import('../capture/walk.ts')

/**
 * The parts of `capture`, each loaded when something first needs it: a program that sends plain data never does. They
 * are loaded synchronously, because a capture is one snapshot at the call.
 */
export const rooms = {
  get capture(): CaptureModule {
    return (capture ??= load<CaptureModule>('../capture/capture.js'))
  },
  get rebuild(): RebuildModule {
    return (rebuild ??= load<RebuildModule>('../capture/rebuild.js'))
  },
  get stacks(): StacksModule {
    return (stacks ??= load<StacksModule>('../capture/stacks.js'))
  },
  get verdict(): VerdictModule {
    return (verdict ??= load<VerdictModule>('../capture/verdict.js'))
  },
  get walk(): WalkModule {
    return (walk ??= load<WalkModule>('../capture/walk.js'))
  },
}

let capture: CaptureModule | undefined
let rebuild: RebuildModule | undefined
let stacks: StacksModule | undefined
let verdict: VerdictModule | undefined
let walk: WalkModule | undefined
