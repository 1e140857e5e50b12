/** The forms of a payload's body. Both ends of a channel run the same version, so numbers may change. */
export const Tag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  /** A whole number of at most 32 bits, as decimal digits. */
  integer: 4,
  /** One number, eight bytes. */
  double: 5,
  /** A string, as it is. */
  text: 6,
  json: 7,
  /** An array of only 32-bit whole numbers, four bytes each. */
  integers: 8,
  /** An array of only numbers, eight bytes each. */
  doubles: 9,
  /** V8's structured clone, its buffers and views as host objects. */
  clone: 10,
  /** A graph made by `capture`, itself as JSON or as a clone. */
  graphJson: 11,
  graphClone: 12,
  /** JSON behind a line that says which objects are frozen, sealed or cannot be added to; see protection.ts. */
  protectedJson: 13,
  /** A JSON array behind a line with the places of its items that are undefined. */
  gappedJson: 14,
} as const
