import { describe, expect, test } from "vitest"
import { bitsOf, strengthOf } from "./strength.ts"

const level = (passphrase: string) => strengthOf(passphrase).level

describe("strengthOf", () => {
  test("is not fooled by what everybody types", () => {
    for (const easy of [
      "a",
      "password",
      "Passw0rd",
      "password1",
      "123456789",
      "qwertyuiop",
      "aaaaaaaaaaaa",
      "iloveyou2024",
      "abcdefghijkl",
      "hellohello",
    ]) {
      expect(level(easy), easy).toBe(1)
    }
  })

  test("counts words", () => {
    expect(level("anchor")).toBe(1)
    expect(level("anchor velvet")).toBe(2)
    expect(level("anchor velvet ribbon")).toBe(3)
    expect(level("anchor velvet ribbon candle")).toBe(4)
    expect(level("anchor velvet ribbon candle orbit")).toBe(5)
  })

  test("counts a repeated word once", () => {
    expect(level("anchor anchor anchor anchor anchor")).toBeLessThanOrEqual(2)
  })

  test("values random characters", () => {
    expect(level("x7#Kq9!vRt2$mZw")).toBe(5)
    expect(level("kqzvtwxbnmrp")).toBeGreaterThanOrEqual(4)
  })

  test("knows other scripts", () => {
    expect(level("правильная лошадь батарея скрепка океан")).toBe(5)
    expect(level("馬 電池")).toBeLessThan(4)
  })

  test("says nothing about nothing, and stays quick on a very long one", () => {
    expect(strengthOf("")).toEqual({ level: 0, says: "" })
    expect(strengthOf("   ")).toEqual({ level: 0, says: "" })
    const begun = performance.now()
    bitsOf("a1b2 ".repeat(20_000))
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
