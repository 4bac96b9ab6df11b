import { expect, test } from "vitest"
import { Folder, tessera } from "./tessera.ts"

test("a key is made, put under a passphrase, and got back; a wrong passphrase is refused", async () => {
  await using folder = await Folder.make()
  const passphrase = await folder.file("passphrase", "correct horse battery\n")
  const made = JSON.parse((await tessera(["key", "new", "--json"])).stdout) as { secret: string; user: string; server: string }
  expect(made.secret).toMatch(/^mosec0/)
  const shown = JSON.parse((await tessera(["key", "show", "--json", "-"], made.secret)).stdout) as { user: string }
  expect(shown.user).toBe(made.user)

  const encrypt = await tessera(["key", "encrypt", "--json", "--log-n", "12", "--passphrase-file", passphrase, "-"], made.secret)
  const { encrypted } = JSON.parse(encrypt.stdout) as { encrypted: string }
  expect(encrypted).toMatch(/^mocryptsec0/)
  const decrypt = await tessera(["key", "decrypt", "--json", "--passphrase-file", passphrase, "-"], encrypted)
  expect(JSON.parse(decrypt.stdout)).toMatchObject({ secret: made.secret, user: made.user })

  const wrong = await folder.file("wrong", "incorrect horse\n")
  const refused = await tessera(["key", "decrypt", "--json", "--passphrase-file", wrong, "-"], encrypted)
  expect([refused.code, JSON.parse(refused.stdout)]).toEqual([
    1,
    { event: "error", code: "wrongPassphrase", message: "the passphrase does not open this key." },
  ])
})

test("malformed keys and passphrase files get a sentence", async () => {
  await using folder = await Folder.make()
  const cases: readonly [readonly string[], string, RegExp][] = [
    [["key", "show", "-"], "mopub0nonsense", /this is no public key/],
    [["key", "show", "-"], "mosec0nonsense", /this is no secret key/],
    [["key", "decrypt", "--passphrase-file", await folder.file("p", "x\n"), "-"], "mocryptsec0nonsense", /no encrypted secret key/],
    [["key", "decrypt", "--passphrase-file", await folder.file("empty", ""), "-"], "mocryptsec0nonsense", /is empty/],
    [
      ["key", "decrypt", "--passphrase-file", await folder.file("latin", new Uint8Array([0xe9, 0x0a])), "-"],
      "mocryptsec0nonsense",
      /not text in UTF-8/,
    ],
    [["key", "decrypt", "--passphrase-file", folder.join("missing"), "-"], "mocryptsec0nonsense", /it is not there/],
  ]
  for (const [words, input, sentence] of cases) {
    const result = await tessera(words, input)
    expect(result.code, words.join(" ")).toBe(1)
    expect(result.stderr).toMatch(sentence)
  }
})
