declare const brand: unique symbol

/** A `T` that was checked once, when it was parsed: only the `parseX` of `Name` makes one. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
