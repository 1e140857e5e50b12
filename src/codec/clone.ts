import type { Deserializer, Serializer } from 'node:v8'
import { otherRuntime } from '../base/runtime.ts'
import type { Layout } from './buffers.ts'
import { layOut, outsideRegions, readLayout, sharedMemory, writeLayout } from './buffers.ts'
import { checkLengths } from './longest.ts'
import { giveAway } from './transfer.ts'
import type { Payload } from './payload.ts'
import type { Survey } from './survey.ts'

/** The body and the buffers of a clone. */
export interface Clone {
  readonly body: Uint8Array
  readonly buffers: readonly Uint8Array[]
  readonly moved?: ReadonlySet<Uint8Array> | undefined
  readonly shared?: readonly SharedArrayBuffer[] | undefined
}

/**
 * V8's structured clone of a value. Its buffers stand first in the body, or stay out of it when they are big; in the
 * value itself a view is only a number, so that views of one buffer are views of one buffer there.
 */
export function writeClone(value: unknown, survey: Survey): Clone {
  if (otherRuntime() === 'Bun') return writeWhole(value, survey)
  const { ViewWriter } = (classes ??= load())
  const { views, buffers } = survey
  const layout = views.length === 0 && buffers.length === 0 ? undefined : layOut(views, buffers)
  const writer = new ViewWriter(layout)
  writer.writeHeader()
  writeLayout(writer, layout)
  layout?.whole.forEach(({ buffer }, id) => writer.transferArrayBuffer(id, buffer))
  writer.writeValue(value)
  const body = writer.releaseBuffer()
  const regions = outsideRegions(layout)
  checkLengths(body, regions)
  // Last, because what was given away is no longer there when something else fails.
  const outside = giveAway(layout?.regions ?? [], regions)
  const clone = { body, ...outside }
  return survey.isShared ? { ...clone, shared: sharedMemory(layout!) } : clone
}

export function readClone({ body, buffers, shared }: Payload): unknown {
  if (otherRuntime() === 'Bun') return process.getBuiltinModule('node:v8').deserialize(body as Uint8Array)
  const { ViewReader } = (classes ??= load())
  const reader = new ViewReader(body as Uint8Array)
  reader.readHeader()
  const { views, whole } = readLayout(reader, buffers, shared ?? [])
  reader.views = views
  whole.forEach((buffer, id) => reader.transferArrayBuffer(id, buffer))
  return reader.readValue()
}

// Bun 1.4 has no Serializer, but JavaScriptCore's clone keeps all that a survey lets through, views and Buffers included.
function writeWhole(value: unknown, { isShared }: Survey): Clone {
  if (isShared) throw new TypeError('Bun shares no memory through it. Send a copy of a SharedArrayBuffer.')
  return { body: process.getBuiltinModule('node:v8').serialize(value), buffers: [] }
}

interface CloneClasses {
  ViewWriter: new (layout: Layout | undefined) => Serializer
  ViewReader: new (bytes: Uint8Array) => Deserializer & { views: readonly ArrayBufferView[] }
}

let classes: CloneClasses | undefined

// On first use: most programs send nothing but JSON and numbers, and each of their workers would pay for loading it.
function load(): CloneClasses {
  const v8 = process.getBuiltinModule('node:v8')

  class ViewWriter extends v8.Serializer {
    readonly numbers: Map<object, number>

    constructor(layout: Layout | undefined) {
      super()
      this.numbers = new Map(layout?.views.map(({ view }, number) => [view, number]))
      // Without this V8 writes each view's whole buffer into the body and never asks.
      hostObjects(this)._setTreatArrayBufferViewsAsHostObjects(true)
    }

    _writeHostObject(object: object): void {
      const number = this.numbers.get(object)
      if (number === undefined) throw new TypeError(`${Object.prototype.toString.call(object)} could not be cloned.`)
      this.writeUint32(number)
    }
  }

  class ViewReader extends v8.Deserializer {
    views: readonly ArrayBufferView[] = []

    _readHostObject(): ArrayBufferView | undefined {
      return this.views[this.readUint32()]
    }
  }

  // V8 makes its error by calling this.
  Object.defineProperty(ViewWriter.prototype, '_getDataCloneError', { value: Error })
  return { ViewWriter, ViewReader }
}

// Documented, but missing in the types.
function hostObjects(writer: Serializer): { _setTreatArrayBufferViewsAsHostObjects(yes: boolean): void } {
  return writer as unknown as { _setTreatArrayBufferViewsAsHostObjects(yes: boolean): void }
}
