// What functions may use of JavaScript itself without anybody outside of their worker noticing.

/** Globals that are primitives and cannot be written. */
export const CONSTANT_GLOBALS: ReadonlySet<string> = new Set(['undefined', 'NaN', 'Infinity'])

export const MATH_CONSTANTS: ReadonlySet<string> = new Set([
  'E',
  'LN10',
  'LN2',
  'LOG10E',
  'LOG2E',
  'PI',
  'SQRT1_2',
  'SQRT2',
])

export const PURE_FUNCTIONS: ReadonlySet<string> = words(
  'Array BigInt Boolean Date Error Number RangeError RegExp String SyntaxError TypeError ' +
    'decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt',
)

export const CLASSES: ReadonlySet<string> = words(
  'Array ArrayBuffer BigInt64Array BigUint64Array DataView Date Error EvalError Float32Array Float64Array Int16Array ' +
    'Int32Array Int8Array Map RangeError ReferenceError RegExp Set SyntaxError TypeError URIError Uint16Array ' +
    'Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakSet',
)

/** `Math.random` too: nobody saw the numbers of a run whose result was lost. */
export const PURE_METHODS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Array', words('from isArray of')],
  ['BigInt', words('asIntN asUintN')],
  ['Date', words('UTC now parse')],
  ['JSON', words('parse stringify')],
  ['Number', words('isFinite isInteger isNaN isSafeInteger parseFloat parseInt')],
  ['Object', words('assign entries fromEntries hasOwn is keys values')],
  ['String', words('fromCharCode fromCodePoint')],
  [
    'Math',
    new Set([
      'abs',
      'acos',
      'acosh',
      'asin',
      'asinh',
      'atan',
      'atan2',
      'atanh',
      'cbrt',
      'ceil',
      'clz32',
      'cos',
      'cosh',
      'exp',
      'expm1',
      'f16round',
      'floor',
      'fround',
      'hypot',
      'imul',
      'log',
      'log10',
      'log1p',
      'log2',
      'max',
      'min',
      'pow',
      'random',
      'round',
      'sign',
      'sin',
      'sinh',
      'sqrt',
      'tan',
      'tanh',
      'trunc',
    ]),
  ],
])

/** Methods of plain data, by their names alone, which change nothing. */
export const METHODS: ReadonlySet<string> = words(
  'at charAt charCodeAt codePointAt concat endsWith entries every exec filter find findIndex findLast findLastIndex flat ' +
    'flatMap forEach get getDate getDay getFullYear getHours getMilliseconds getMinutes getMonth getSeconds getTime ' +
    'getTimezoneOffset getUTCDate getUTCDay getUTCFullYear getUTCHours getUTCMilliseconds getUTCMinutes getUTCMonth ' +
    'getUTCSeconds has hasOwnProperty includes indexOf join keys lastIndexOf localeCompare map match matchAll normalize ' +
    'padEnd padStart reduce reduceRight repeat replace replaceAll search slice some split startsWith subarray substring ' +
    'test toExponential toFixed toISOString toJSON toLocaleLowerCase toLocaleUpperCase toLowerCase toPrecision toReversed ' +
    'toSorted toSpliced toString toUpperCase trim trimEnd trimStart valueOf values with',
)

export const CHANGING_METHODS: ReadonlySet<string> = words(
  'add clear copyWithin delete fill pop push reverse set setDate setFullYear setHours setMilliseconds setMinutes setMonth ' +
    'setSeconds setTime setUTCDate setUTCFullYear setUTCHours setUTCMilliseconds setUTCMinutes setUTCMonth setUTCSeconds ' +
    'shift sort splice unshift',
)

/** Which argument of a method of plain data is called, if it is a function. */
export const CALLBACK_OF: ReadonlyMap<string, number> = new Map([
  ...[...words('every filter find findIndex findLast findLastIndex flatMap forEach map reduce reduceRight some')].map(
    (name) => [name, 0] as const,
  ),
  ...[...words('sort toSorted')].map((name) => [name, 0] as const),
  ...[...words('replace replaceAll')].map((name) => [name, 1] as const),
])

export const OWN_CALLBACK_OF: ReadonlyMap<string, number> = new Map([
  ['from', 1],
  ['parse', 1],
  ['stringify', 1],
])

function words(text: string): Set<string> {
  return new Set(text.split(' '))
}
