package org.cupule.hw.cpu.oracle;

import java.util.ArrayList;
import java.util.List;

/**
 * The instructions of the FPU, in the notation of {@link Forms}. A line is an opcode and the values of ModRM.reg with a
 * memory operand, or ModRM bytes.
 *
 * <p>
 * Source: Intel SDM volume 2, appendix A, "Opcode Map".
 */
final class FpuForms {
    private static final String MEMORY = """
            D8 01234567
            D9 02357
            DA 01234567
            DB 02357
            DC 01234567
            DD 0237
            DE 01234567
            DF 0234567
            """;

    private static final int[][] RANGES = {{0xD8, 0xC0, 0xFF}, {0xD9, 0xC0, 0xD0}, {0xD9, 0xE0, 0xE1},
            {0xD9, 0xE4, 0xE5}, {0xD9, 0xE8, 0xEE}, {0xD9, 0xF4, 0xF8}, {0xD9, 0xFA, 0xFA}, {0xD9, 0xFC, 0xFD},
            {0xDA, 0xC0, 0xDF}, {0xDA, 0xE9, 0xE9}, {0xDB, 0xC0, 0xDF}, {0xDB, 0xE2, 0xE3}, {0xDB, 0xE8, 0xF7},
            {0xDC, 0xC0, 0xCF}, {0xDC, 0xE0, 0xFF}, {0xDD, 0xC0, 0xC7}, {0xDD, 0xD0, 0xEF}, {0xDE, 0xC0, 0xCF},
            {0xDE, 0xD9, 0xD9}, {0xDE, 0xE0, 0xFF}, {0xDF, 0xE0, 0xE0}, {0xDF, 0xE8, 0xF7}};

    private FpuForms() {
    }

    /** {@return the transcendental functions} */
    static List<Form> transcendentals() {
        var forms = new ArrayList<Form>();
        for (int modrm : new int[]{0xF0, 0xF1, 0xF2, 0xF3, 0xF9, 0xFB, 0xFE, 0xFF}) {
            forms.add(Form.parse("D9 %02X simd plain fpu".formatted(modrm)));
        }
        return List.copyOf(forms);
    }

    /** {@return all forms but the transcendental functions} */
    static List<Form> all() {
        var forms = new ArrayList<Form>();
        forms.add(Form.parse("DD /4 mem simd plain fpu loose @wide")); // which byte of a missing page is told differs
        MEMORY.lines().forEach(line -> memory(line.substring(0, 2), line.substring(3), forms));
        for (int[] range : RANGES) {
            for (int modrm = range[1]; modrm <= range[2]; modrm++) {
                forms.add(Form.parse("%02X %02X simd plain fpu%s".formatted(range[0], modrm,
                        leavesC1(range[0], modrm) ? " c1" : "")));
            }
        }
        return List.copyOf(forms);
    }

    /** FFREE, FCMOVcc, FCOMI and its like: what becomes of C1 is left to processors. */
    private static boolean leavesC1(int opcode, int modrm) {
        boolean conditional = (opcode & 0xFE) == 0xDA && modrm < 0xE0;
        boolean toFlags = (opcode == 0xDB || opcode == 0xDF) && modrm >= 0xE8;
        return conditional || toFlags || opcode == 0xDD && modrm < 0xC8;
    }

    private static void memory(String opcode, String digits, List<Form> forms) {
        digits.chars().forEach(digit -> forms.add(Form.parse("%s /%c mem simd plain fpu".formatted(opcode, digit))));
    }
}
