import { encodeZbase32, parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import { beforeAll, describe, expect, test } from "vitest"
import { CHEAP, seededRandom } from "../vault/testing.ts"
import { makeRecoverySheet, openRecoverySheet, SheetError } from "./keys.ts"
import type { RecoverySheet } from "./keys.ts"

const random = seededRandom(17)
const master = parseSecretKey(random(32))
const PASSPHRASE = "Zoë finds five red apples"
let sheet: RecoverySheet
beforeAll(async () => {
  sheet = await makeRecoverySheet(master, PASSPHRASE, { random, logN: CHEAP.sheetLogN })
})

describe("a recovery sheet", () => {
  test("gives back the master key under the passphrase, however that was composed", async () => {
    expect(sheet.text).toMatch(/^mocryptsec0[a-z1-9]{93}\+[a-z1-9]{6}$/)
    expect(sheet.person).toEqual(publicKeyOf(master))
    expect(sheet.qr.size).toBeGreaterThan(30)
    expect(await openRecoverySheet(sheet.text, PASSPHRASE)).toEqual({ ok: true, master })
    expect(await openRecoverySheet(sheet.text, PASSPHRASE.normalize("NFD"))).toEqual({ ok: true, master })
  })

  test("is read as people paste or type it", async () => {
    const { text } = sheet
    const groups = text.match(/.{1,5}/g) ?? []
    const ways = [
      `  ${text}\n`,
      text.toUpperCase(),
      groups.join(" "),
      groups.join("-"),
      groups.map((group, i) => group + (i % 4 === 3 ? "\r\n" : " ")).join(""),
      `Tessera recovery sheet of Ada\n\n${text.slice(0, 50)}\n${text.slice(50)}\n\nKeep this page safe.`,
      text.replaceAll("o", "0").replaceAll("1", "l").replaceAll("u", "v").replace("mocryptsec0", "mocryptsecO"),
      text.split("+")[0] ?? "",
      `${text.split("+")[0] ?? ""} Keep this page safe.`,
      text
        .split("")
        .map((char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0))
        .join(""),
    ]
    for (const way of ways) expect(await openRecoverySheet(way, PASSPHRASE), way).toEqual({ ok: true, master })
  })

  test("that is not whole is refused in words, whatever the passphrase", async () => {
    const dear = `mocryptsec0${encodeZbase32(Uint8Array.of(1, 21, ...random(56)))}`
    const newer = `mocryptsec0${encodeZbase32(Uint8Array.of(2, 4, ...random(56)))}`
    const cases: readonly (readonly [string, SheetError["code"], RegExp])[] = [
      ["", "notSheet", /no recovery sheet in this/],
      ["tessera:ybndrfg8", "notSheet", /begins with “mocryptsec0”/],
      [sheet.text.replace(/.\+.*/, ""), "incomplete", /one character is missing/],
      [sheet.text.slice(0, -1), "mistyped", /a wrong character/],
      [sheet.text.replace("+", "y+"), "mistyped", /a character too many/],
      [sheet.text.slice(0, 60) + (sheet.text[60] === "y" ? "b" : "y") + sheet.text.slice(61), "mistyped", /Check it against the paper/],
      [sheet.text.slice(0, 40), "incomplete", /64 characters are missing/],
      ["mocryptsec0", "incomplete", /93 characters are missing/],
      [newer, "unusable", /newer program/],
      [dear, "unusable", /wrong character near its beginning/],
    ]
    for (const [given, code, sentence] of cases) {
      await expect(openRecoverySheet(given, PASSPHRASE), given).rejects.toThrow(sentence)
      await expect(openRecoverySheet(given, PASSPHRASE), given).rejects.toMatchObject({ code })
    }
  })

  test("under a wrong passphrase is a value", async () => {
    for (const wrong of ["", "Zoë finds five red apple", "\ud800"])
      expect(await openRecoverySheet(sheet.text, wrong)).toMatchObject({ ok: false, code: "wrongPassphrase" })
  })

  test("mutated 500 times gives nothing but typed errors and refusals", async () => {
    let refused = 0
    for (let i = 0; i < 500; i++) {
      const [at = 0, value = 0] = random(2)
      const mutated = sheet.text.slice(0, at % 111) + String.fromCharCode(value) + sheet.text.slice(1 + (at % 111))
      try {
        const answer = await openRecoverySheet(mutated, PASSPHRASE)
        // Never another person: that is what the check is for.
        expect(answer).toEqual({ ok: true, master })
      } catch (error) {
        if (!(error instanceof SheetError)) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(300)
  })
})

test("a sheet for people costs what it should, and still takes seconds only", async () => {
  const before = performance.now()
  const dear = await makeRecoverySheet(master, PASSPHRASE, { random })
  expect(performance.now() - before).toBeLessThan(20_000)
  // 18 stands in the second byte.
  const cost = "ybndrfg8ejkmcpqxot1uwisza345h769"
  const bits = Array.from(dear.text.slice(11, 15), (char) => cost.indexOf(char).toString(2).padStart(5, "0")).join("")
  expect(Number.parseInt(bits.slice(8, 16), 2)).toBe(18)
  expect(await openRecoverySheet(dear.text, PASSPHRASE)).toEqual({ ok: true, master })
})
