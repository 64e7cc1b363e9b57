package org.cupule.hw.cpu.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The instructions of MMX, SSE and SSE2, in the notation of {@link Forms}. A line of the tables is an opcode after 0F,
 * the prefixes that it exists with ({@code -} for none), and the words of its form.
 *
 * <p>
 * Left out: RCPPS, RCPSS, RSQRTPS, RSQRTSS, whose results are approximations that no two processors share.
 *
 * <p>
 * Source: Intel SDM volume 2, appendix A, "Opcode Map".
 */
final class SimdForms {
    private static final String MOVES = """
            10 - 66 /r @wide
            10 F3 F2 /r
            11 - 66 /r @wide
            11 F3 F2 /r
            12 - /r
            12 66 /r mem
            13 - 66 /r mem
            14 - 66 /r
            15 - 66 /r
            16 - /r
            16 66 /r mem
            17 - 66 /r mem
            28 - 66 /r
            29 - 66 /r
            2B - 66 /r mem
            50 - 66 /r reg
            60 - 66 /r
            61 - 66 /r
            62 - 66 /r
            63 - 66 /r
            67 - 66 /r
            68 - 66 /r
            69 - 66 /r
            6A - 66 /r
            6B - 66 /r
            6C 66 /r
            6D 66 /r
            6E - 66 /r
            6F - 66 /r
            6F F3 /r @wide
            70 - 66 F3 F2 /r =ib
            77 -
            7E - 66 F3 /r
            7F - 66 /r
            7F F3 /r @wide
            C4 - 66 /r =ib
            C5 - 66 /r =ib reg
            C6 - 66 /r =ib
            D6 66 /r
            D6 F3 F2 /r reg
            D7 - 66 /r reg
            E7 - 66 /r mem
            F7 - 66 /r reg @masked
            """;

    private static final String INTEGERS = """
            54 - 66 /r
            55 - 66 /r
            56 - 66 /r
            57 - 66 /r
            64 - 66 /r
            65 - 66 /r
            66 - 66 /r
            71 - 66 /2 =ib reg
            71 - 66 /4 =ib reg
            71 - 66 /6 =ib reg
            72 - 66 /2 =ib reg
            72 - 66 /4 =ib reg
            72 - 66 /6 =ib reg
            73 - 66 /2 =ib reg
            73 66 /3 =ib reg
            73 - 66 /6 =ib reg
            73 66 /7 =ib reg
            74 - 66 /r
            75 - 66 /r
            76 - 66 /r
            D1 - 66 /r
            D2 - 66 /r
            D3 - 66 /r
            D4 - 66 /r
            D5 - 66 /r
            D8 - 66 /r
            D9 - 66 /r
            DA - 66 /r
            DB - 66 /r
            DC - 66 /r
            DD - 66 /r
            DE - 66 /r
            DF - 66 /r
            E0 - 66 /r
            E1 - 66 /r
            E2 - 66 /r
            E3 - 66 /r
            E4 - 66 /r
            E5 - 66 /r
            E8 - 66 /r
            E9 - 66 /r
            EA - 66 /r
            EB - 66 /r
            EC - 66 /r
            ED - 66 /r
            EE - 66 /r
            EF - 66 /r
            F1 - 66 /r
            F2 - 66 /r
            F3 - 66 /r
            F4 - 66 /r
            F5 - 66 /r
            F6 - 66 /r
            F8 - 66 /r
            F9 - 66 /r
            FA - 66 /r
            FB - 66 /r
            FC - 66 /r
            FD - 66 /r
            FE - 66 /r
            """;

    private static final String FLOATS = """
            2A 66 F3 F2 /r
            2A - /r reg
            2A - /r mem transition
            2C - 66 F3 F2 /r
            2D - 66 F3 F2 /r
            2E - 66 /r
            2F - 66 /r
            51 - 66 F3 F2 /r
            58 - 66 F3 F2 /r
            59 - 66 F3 F2 /r
            5A - 66 F3 F2 /r
            5B - 66 F3 /r
            5C - 66 F3 F2 /r
            5D - 66 F3 F2 /r
            5E - 66 F3 F2 /r
            5F - 66 F3 F2 /r
            AE - /2 mem @mxcsr
            AE - /3 mem
            C2 - 66 F3 F2 /r =ib @predicate
            E6 66 F3 F2 /r
            """;

    private SimdForms() {
    }

    /** {@return moves, shuffles and packed integers} */
    static List<Form> integers() {
        var forms = new ArrayList<Form>();
        MOVES.lines().forEach(line -> add(line, forms));
        INTEGERS.lines().forEach(line -> add(line, forms));
        return List.copyOf(forms);
    }

    /** {@return floating-point arithmetic, comparisons and conversions} */
    static List<Form> floats() {
        var forms = new ArrayList<Form>();
        FLOATS.lines().forEach(line -> add(line, forms));
        return List.copyOf(forms);
    }

    /** {@return those that leave nothing to processors, and the usual integer instructions among them} */
    static List<Form> forSequences() {
        return Stream.of(Forms.all(), integers(), floats()).flatMap(List::stream)
                .filter(form -> !form.has(Form.Trait.TRANSITION) && form.hint() != Form.Hint.MASKED).toList();
    }

    private static void add(String line, List<Form> forms) {
        String[] words = line.split(" ");
        int prefixes = 1;
        while (prefixes < words.length && words[prefixes].matches("-|66|F3|F2")) {
            prefixes++;
        }
        String rest = String.join(" ", List.of(words).subList(prefixes, words.length));
        for (int i = 1; i < prefixes; i++) {
            String prefix = words[i].equals("-") ? "" : words[i] + " ";
            forms.add(Form.parse("%s0F %s simd plain %s".formatted(prefix, words[0], rest)));
        }
    }
}
