package org.cupule.hw.cpu.oracle;

import java.util.HexFormat;

/**
 * One experiment: code, a few bytes of data and the registers it starts with.
 *
 * @param mode
 *            what kind of code segment it starts in
 * @param state
 *            the registers
 * @param codeAt
 *            linear address of the code
 * @param code
 *            at most 512 bytes; HLT stands around it
 * @param pokeAt
 *            linear address of the data
 * @param poke
 *            at most 64 bytes that are laid into memory before
 * @param undefinedFlags
 *            status flags that the code leaves undefined
 * @param loose
 *            whether processors may differ in what it leaves in memory
 * @param form
 *            what it is about, for people
 */
record Sample(Mode mode, UserState state, long codeAt, byte[] code, long pokeAt, byte[] poke, long undefinedFlags,
        boolean loose, String form) {

    /** Kinds of code segments. */
    enum Mode {
        /** 64-bit code. */
        LONG,
        /** 32-bit code in compatibility mode. */
        WIDE,
        /** 16-bit code in compatibility mode. */
        NARROW
    }

    @Override
    public String toString() {
        return "%s [%s] code %s at %x, data %s at %x%n%s".formatted(mode, form, HexFormat.of().formatHex(code), codeAt,
                HexFormat.of().formatHex(poke), pokeAt, state);
    }
}
