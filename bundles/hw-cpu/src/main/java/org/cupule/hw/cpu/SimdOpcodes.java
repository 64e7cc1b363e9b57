package org.cupule.hw.cpu;

import org.jspecify.annotations.Nullable;

/**
 * The table of MMX, SSE and SSE2 instructions, by their mandatory prefix and the opcode after 0F. F2 and F3 count
 * before 66. Source: SDM volume 2, "Opcode Map".
 *
 * @threading immutable
 */
final class SimdOpcodes {
    /** Uses XMM registers or MXCSR: CR4.OSFXSR, CR0.EM and CR0.TS count. */
    static final int SSE = 1;
    /** Uses MMX registers: CR0.EM, CR0.TS and pending exceptions of the FPU count. */
    static final int MMX = 1 << 1;
    /** An immediate byte follows. */
    static final int IMMEDIATE = 1 << 2;
    /** ModRM.rm must be memory. */
    static final int MEMORY = 1 << 3;
    /** ModRM.rm must be a register. */
    static final int REGISTER = 1 << 4;
    /** No ModRM byte follows. */
    static final int NO_MODRM = 1 << 5;

    /** Indices of the prefixes. */
    static final int NONE = 0;
    static final int P66 = 1;
    static final int PF3 = 2;
    static final int PF2 = 3;

    /**
     * One row.
     *
     * @param action
     *            what it does
     * @param group
     *            rows for the values of ModRM.reg instead, where that says what to do
     */
    record Row(int flags, @Nullable SimdAction action, @Nullable Row @Nullable [] group) {
        /** {@return the row for a value of ModRM.reg} */
        @Nullable
        Row member(int sub) {
            return group == null ? this : group[sub];
        }
    }

    private static final @Nullable Row[][] ROWS = new Row[4][256];
    /** FXSAVE, FXRSTOR, LDMXCSR, STMXCSR. */
    static final Row[] STATE = {new Row(0, (at, op) -> at.fx.save(op), null),
            new Row(0, (at, op) -> at.fx.restore(op), null), new Row(SSE, (at, op) -> at.fx.loadMxcsr(at, op), null),
            new Row(SSE, (at, op) -> at.fx.storeMxcsr(at, op), null)};

    private SimdOpcodes() {
    }

    /** {@return the row of an opcode after 0F, or null where it is none of these instructions} */
    static @Nullable Row row(int rep, boolean operand16, int opcode) {
        return ROWS[rep == 0xF3 ? PF3 : rep == 0xF2 ? PF2 : operand16 ? P66 : NONE][opcode];
    }

    static void put(int prefix, int opcode, int flags, SimdAction action) {
        ROWS[prefix][opcode] = new Row(flags, action, null);
    }

    /** The same with no prefix and with 66. */
    static void both(int opcode, int flags, SimdAction action) {
        put(NONE, opcode, flags, action);
        put(P66, opcode, flags, action);
    }

    /** An MMX instruction and its SSE2 form. */
    private static void packed(int opcode, Lanes lanes) {
        put(NONE, opcode, MMX, (at, op) -> at.one(op, lanes));
        put(P66, opcode, SSE, (at, op) -> at.both(op, lanes));
    }

    private static void shift(int opcode, Lanes by) {
        put(NONE, opcode, MMX, (at, op) -> at.one(op, by));
        put(P66, opcode, SSE, (at, op) -> at.bothBy(op, by));
    }

    private static void pack(int opcode, SimdShuffles.Narrowing narrow) {
        put(NONE, opcode, MMX, SimdShuffles.packMmx(narrow));
        put(P66, opcode, SSE, SimdShuffles.pack(narrow));
    }

    private static void interleave(int low, int high, Lanes lanes) {
        put(NONE, low, MMX, SimdShuffles.unpackLowMmx(lanes));
        put(P66, low, SSE, SimdShuffles.unpackLow(lanes));
        put(NONE, high, MMX, SimdShuffles.unpackHighMmx(lanes));
        put(P66, high, SSE, SimdShuffles.unpackHigh(lanes));
    }

    /** Shifts by an immediate: right, signed right, left. */
    private static void group(int opcode, Lanes right, @Nullable Lanes signed, Lanes left) {
        var mmx = new Row[8];
        var xmm = new Row[8];
        Lanes[] members = {right, signed, left};
        for (int i = 0; i < 3; i++) {
            Lanes by = members[i];
            if (by != null) {
                mmx[2 + 2 * i] = new Row(MMX | REGISTER, SimdShuffles.shiftMmx(by), null);
                xmm[2 + 2 * i] = new Row(SSE | REGISTER, SimdShuffles.shift(by), null);
            }
        }
        ROWS[NONE][opcode] = new Row(IMMEDIATE, null, mmx);
        ROWS[P66][opcode] = new Row(IMMEDIATE, null, xmm);
    }

    static {
        moves();
        shuffles();
        shifts();
        integers();
        extremes();
        SimdFloatOpcodes.rows();
    }

    private static void moves() {
        both(0x10, SSE, SimdMoves::loadAnywhere);
        put(PF3, 0x10, SSE, SimdMoves::loadSingle);
        put(PF2, 0x10, SSE, SimdMoves::loadDouble);
        both(0x11, SSE, SimdMoves::storeAnywhere);
        put(PF3, 0x11, SSE, SimdMoves::storeSingle);
        put(PF2, 0x11, SSE, SimdMoves::storeDouble);
        put(NONE, 0x12, SSE, SimdMoves::loadLow);
        put(P66, 0x12, SSE | MEMORY, SimdMoves::loadLow);
        both(0x13, SSE | MEMORY, SimdMoves::storeLow);
        put(NONE, 0x16, SSE, SimdMoves::loadHigh);
        put(P66, 0x16, SSE | MEMORY, SimdMoves::loadHigh);
        both(0x17, SSE | MEMORY, SimdMoves::storeHigh);
        both(0x28, SSE, SimdMoves::load);
        both(0x29, SSE, SimdMoves::store);
        both(0x2B, SSE | MEMORY, SimdMoves::store);
        put(NONE, 0x50, SSE | REGISTER, SimdMoves::singleSigns);
        put(P66, 0x50, SSE | REGISTER, SimdMoves::doubleSigns);
        put(NONE, 0x6E, MMX, SimdMoves::mmxFromGeneral);
        put(P66, 0x6E, SSE, SimdMoves::fromGeneral);
        put(NONE, 0x6F, MMX, SimdMoves::loadMmx);
        put(P66, 0x6F, SSE, SimdMoves::load);
        put(PF3, 0x6F, SSE, SimdMoves::loadAnywhere);
        put(NONE, 0x77, MMX | NO_MODRM, SimdMoves::emms);
        put(NONE, 0x7E, MMX, SimdMoves::mmxToGeneral);
        put(P66, 0x7E, SSE, SimdMoves::toGeneral);
        put(PF3, 0x7E, SSE, SimdMoves::loadQuadword);
        put(NONE, 0x7F, MMX, SimdMoves::storeMmx);
        put(P66, 0x7F, SSE, SimdMoves::store);
        put(PF3, 0x7F, SSE, SimdMoves::storeAnywhere);
        put(P66, 0xD6, SSE, SimdMoves::storeQuadword);
        put(PF3, 0xD6, SSE | MMX | REGISTER, SimdMoves::mmxToXmm);
        put(PF2, 0xD6, SSE | MMX | REGISTER, SimdMoves::xmmToMmx);
        put(NONE, 0xD7, MMX | REGISTER, SimdMoves::byteSignsMmx);
        put(P66, 0xD7, SSE | REGISTER, SimdMoves::byteSigns);
        put(NONE, 0xE7, MMX | MEMORY, SimdMoves::storeMmx);
        put(P66, 0xE7, SSE | MEMORY, SimdMoves::store);
        put(NONE, 0xF7, MMX | REGISTER, SimdMoves::maskedMmx);
        put(P66, 0xF7, SSE | REGISTER, SimdMoves::masked);
    }

    private static void shuffles() {
        put(NONE, 0x14, SSE, SimdShuffles.unpackLow(PackedIntegers::interleaveDoublewords));
        put(P66, 0x14, SSE, SimdShuffles::unpackLowQuadwords);
        put(NONE, 0x15, SSE, SimdShuffles.unpackHigh(PackedIntegers::interleaveDoublewords));
        put(P66, 0x15, SSE, SimdShuffles::unpackHighQuadwords);
        interleave(0x60, 0x68, PackedIntegers::interleaveBytes);
        interleave(0x61, 0x69, PackedIntegers::interleaveWords);
        interleave(0x62, 0x6A, PackedIntegers::interleaveDoublewords);
        pack(0x63, PackedIntegers::packSignedWords);
        pack(0x67, PackedIntegers::packUnsignedWords);
        pack(0x6B, PackedIntegers::packDoublewords);
        put(P66, 0x6C, SSE, SimdShuffles::unpackLowQuadwords);
        put(P66, 0x6D, SSE, SimdShuffles::unpackHighQuadwords);
        put(NONE, 0x70, MMX | IMMEDIATE, SimdShuffles::words);
        put(P66, 0x70, SSE | IMMEDIATE, SimdShuffles::doublewords);
        put(PF3, 0x70, SSE | IMMEDIATE, SimdShuffles::highWords);
        put(PF2, 0x70, SSE | IMMEDIATE, SimdShuffles::lowWords);
        put(NONE, 0xC4, MMX | IMMEDIATE, SimdShuffles::insertMmx);
        put(P66, 0xC4, SSE | IMMEDIATE, SimdShuffles::insert);
        put(NONE, 0xC5, MMX | IMMEDIATE | REGISTER, SimdShuffles::extractMmx);
        put(P66, 0xC5, SSE | IMMEDIATE | REGISTER, SimdShuffles::extract);
        put(NONE, 0xC6, SSE | IMMEDIATE, SimdShuffles::singles);
        put(P66, 0xC6, SSE | IMMEDIATE, SimdShuffles::doubles);
    }

    private static void shifts() {
        group(0x71, PackedIntegers::shiftRightWords, PackedIntegers::shiftSignedWords, PackedIntegers::shiftLeftWords);
        group(0x72, PackedIntegers::shiftRightDoublewords, PackedIntegers::shiftSignedDoublewords,
                PackedIntegers::shiftLeftDoublewords);
        group(0x73, PackedIntegers::shiftRightQuadwords, null, PackedIntegers::shiftLeftQuadwords);
        Row[] bytes = ROWS[P66][0x73].group();
        bytes[3] = new Row(SSE | REGISTER, SimdShuffles::bytesRight, null);
        bytes[7] = new Row(SSE | REGISTER, SimdShuffles::bytesLeft, null);
        shift(0xD1, PackedIntegers::shiftRightWords);
        shift(0xD2, PackedIntegers::shiftRightDoublewords);
        shift(0xD3, PackedIntegers::shiftRightQuadwords);
        shift(0xE1, PackedIntegers::shiftSignedWords);
        shift(0xE2, PackedIntegers::shiftSignedDoublewords);
        shift(0xF1, PackedIntegers::shiftLeftWords);
        shift(0xF2, PackedIntegers::shiftLeftDoublewords);
        shift(0xF3, PackedIntegers::shiftLeftQuadwords);
    }

    private static void integers() {
        packed(0xD4, Long::sum);
        packed(0xD5, PackedIntegers::multiplyLow);
        packed(0xD8, PackedIntegers::subtractUnsignedBytes);
        packed(0xD9, PackedIntegers::subtractUnsignedWords);
        packed(0xDB, PackedIntegers::and);
        packed(0xDC, PackedIntegers::addUnsignedBytes);
        packed(0xDD, PackedIntegers::addUnsignedWords);
        packed(0xDF, PackedIntegers::andNot);
        packed(0xE4, PackedIntegers::multiplyHighUnsigned);
        packed(0xE5, PackedIntegers::multiplyHigh);
        packed(0xE8, PackedIntegers::subtractSignedBytes);
        packed(0xE9, PackedIntegers::subtractSignedWords);
        packed(0xEB, PackedIntegers::or);
        packed(0xEC, PackedIntegers::addSignedBytes);
        packed(0xED, PackedIntegers::addSignedWords);
        packed(0xEF, PackedIntegers::xor);
        packed(0xF4, PackedIntegers::multiplyUnsignedDoublewords);
        packed(0xF5, PackedIntegers::multiplyAdd);
        packed(0xF8, PackedIntegers::subtractBytes);
        packed(0xF9, PackedIntegers::subtractWords);
        packed(0xFA, PackedIntegers::subtractDoublewords);
        packed(0xFB, PackedIntegers::subtractQuadwords);
        packed(0xFC, PackedIntegers::addBytes);
        packed(0xFD, PackedIntegers::addWords);
        packed(0xFE, PackedIntegers::addDoublewords);
    }

    private static void extremes() {
        packed(0x64, PackedIntegers::greaterBytes);
        packed(0x65, PackedIntegers::greaterWords);
        packed(0x66, PackedIntegers::greaterDoublewords);
        packed(0x74, PackedIntegers::equalBytes);
        packed(0x75, PackedIntegers::equalWords);
        packed(0x76, PackedIntegers::equalDoublewords);
        packed(0xDA, PackedIntegers::minimumBytes);
        packed(0xDE, PackedIntegers::maximumBytes);
        packed(0xE0, PackedIntegers::averageBytes);
        packed(0xE3, PackedIntegers::averageWords);
        packed(0xEA, PackedIntegers::minimumWords);
        packed(0xEE, PackedIntegers::maximumWords);
        packed(0xF6, PackedIntegers::sumOfDifferences);
    }
}
