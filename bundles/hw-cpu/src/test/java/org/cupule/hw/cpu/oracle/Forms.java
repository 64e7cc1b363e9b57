package org.cupule.hw.cpu.oracle;

import java.util.ArrayList;
import java.util.List;

/**
 * The integer instructions of x86, a line each: opcode, {@code /r} or {@code /digit}, {@code =immediate},
 * {@code ?undefined flags}, {@code @preparation} and traits. Left out: what the host would let the kernel answer
 * (SYSCALL, SYSENTER, SGDT and its like), what no two processors answer alike (CPUID, RDTSC, RDRAND), RDPMC, and INT1,
 * after which a virtual host gives another return address.
 *
 * <p>
 * Source: Intel SDM volume 2, appendix A, "Opcode Map".
 */
final class Forms {
    private static final String LEGACY = """
            06 no64 wild loose
            07 no64 wild loose @selector
            0E no64 wild loose
            16 no64 wild loose
            17 no64 wild loose @selector
            1E no64 wild loose
            1F no64 wild loose @selector
            27 no64 ?decimal
            2F no64 ?decimal
            37 no64 ?ascii
            3F no64 ?ascii
            40 +8 no64
            48 +8 no64
            50 +8
            58 +8
            60 no64 wild loose
            61 no64 loose wild
            62 /r no64 mem wild @bound
            63 /r no64 @selector
            63 /r only64
            68 =iz
            69 /r =iz ?multiply
            6A =ib
            6B /r =ib ?multiply
            6C rep wild b @string
            6D rep wild @string
            6E rep wild b @string
            6F rep wild @string
            70 +16 =cb near wild
            84 /r b ?logic
            85 /r ?logic
            86 /r b lock
            87 /r lock
            88 /r b
            89 /r
            8A /r b
            8B /r
            8C /r wild
            8D /r mem
            8E /r wild @selector
            8F /0 wild
            90 +8 wild
            F3 90
            98
            99
            9A =far no64 wild loose @far_memory
            9B
            9C wild
            9D wild @flags
            9E
            9F
            A0 =moffs b
            A1 =moffs
            A2 =moffs b
            A3 =moffs
            A4 rep b loose @string
            A5 rep loose @string
            A6 rep b loose @string
            A7 rep loose @string
            A8 =ib b ?logic
            A9 =iz ?logic
            AA rep b @string
            AB rep @string
            AC rep b @string
            AD rep @string
            AE rep b @string
            AF rep @string
            B0 +8 =ib b
            B8 +8 =iv
            C2 =iw near wild @return
            C3 near wild @return
            C4 /r mem no64 wild @far_memory
            C5 /r mem no64 wild @far_memory
            C6 /0 =ib b
            C7 /0 =iz
            C8 =iwib wild loose @enter
            C9 wild @leave
            CA =iw wild loose @far_return
            CB wild loose @far_return
            CC wild
            CD =ib wild
            CE no64 wild
            CF wild @iret
            D4 =ib no64 wild ?aam
            D5 =ib no64 ?aam
            D7 @xlat
            E0 =cb near plain wild @count
            E1 =cb near plain wild @count
            E2 =cb near plain wild @count
            E3 =cb near plain wild @count
            E4 =ib b wild
            E5 =ib wild
            E6 =ib b wild
            E7 =ib wild
            E8 =cz near wild loose
            E9 =cz near wild
            EA =far no64 wild
            EB =cb near wild
            EC b wild
            ED wild
            EE b wild
            EF wild
            F4 wild
            F5
            F6 /0 =ib b ?logic
            F6 /2 b lock
            F6 /3 b lock
            F6 /4 b ?multiply
            F6 /5 b ?multiply
            F6 /6 b wild ?divide @divide
            F6 /7 b wild ?divide @divide
            F7 /0 =iz ?logic
            F7 /2 lock
            F7 /3 lock
            F7 /4 ?multiply
            F7 /5 ?multiply
            F7 /6 wild ?divide @divide
            F7 /7 wild ?divide @divide
            F8
            F9
            FA wild
            FB wild
            FC
            FD
            FE /0 b lock
            FE /1 b lock
            FF /0 lock
            FF /1 lock
            FF /2 near wild loose @jump
            FF /3 mem pointer wild loose @far_memory
            FF /4 near wild @jump
            FF /5 mem pointer wild @far_memory
            FF /6
            """;

    private static final String TWO_BYTE = """
            0F 00 /2 plain wild @selector
            0F 00 /3 plain wild @selector
            0F 00 /4 plain wild @selector
            0F 00 /5 plain wild @selector
            0F 01 /2 mem plain wild
            0F 01 /3 mem plain wild
            0F 01 /6 plain wild mem
            0F 01 /7 mem plain wild
            0F 02 /r plain wild @selector
            0F 03 /r plain wild @selector
            0F 06 plain wild
            0F 08 plain wild
            0F 09 plain wild
            0F 0B plain wild
            0F 18 /0 mem plain
            0F 1F /r plain
            F3 0F 1E FA
            0F 20 /r reg plain wild
            0F 21 /r reg plain wild
            0F 22 /r reg plain wild
            0F 23 /r reg plain wild
            0F 30 plain wild
            0F 32 plain wild
            0F 40 +16 /r plain
            0F 80 +16 =cz near plain wild
            0F 90 +16 /r b plain
            0F A0 plain wild loose
            0F A1 plain wild loose @selector
            0F A3 /r plain ?bit @bit
            0F A4 /r =ib plain ?double_shift
            0F A5 /r plain ?double_shift @count
            0F A8 plain wild loose
            0F A9 plain wild loose @selector
            0F AB /r plain lock ?bit @bit
            0F AC /r =ib plain ?double_shift
            0F AD /r plain ?double_shift @count
            0F AE /5 reg plain
            0F AE /6 reg plain
            0F AE /7 reg plain
            0F AF /r plain ?multiply
            0F B0 /r b lock plain @compare
            0F B1 /r lock plain @compare
            0F B2 /r mem plain wild pointer @far_memory
            0F B3 /r plain lock ?bit @bit
            0F B4 /r mem plain wild pointer @far_memory
            0F B5 /r mem plain wild pointer @far_memory
            0F B6 /r b plain
            0F B7 /r plain
            0F BA /4 =ib plain ?bit
            0F BA /5 =ib plain lock ?bit
            0F BA /6 =ib plain lock ?bit
            0F BA /7 =ib plain lock ?bit
            0F BB /r plain lock ?bit @bit
            0F BC /r plain ?scan
            0F BD /r plain ?scan
            0F BE /r b plain
            0F BF /r plain
            0F C0 /r b lock plain
            0F C1 /r lock plain
            0F C7 /1 mem lock plain wild @compare
            0F C8 +8 plain
            """;

    private Forms() {
    }

    /** {@return all forms of the tables} */
    static List<Form> all() {
        var forms = new ArrayList<Form>();
        arithmetic(forms);
        shifts(forms);
        LEGACY.lines().map(Form::parse).forEach(forms::add);
        TWO_BYTE.lines().map(Form::parse).forEach(forms::add);
        return List.copyOf(forms);
    }

    /** ADD, OR, ADC, SBB, AND, SUB, XOR, CMP: eight regular rows. */
    private static void arithmetic(List<Form> forms) {
        for (int row = 0; row < 8; row++) {
            String flags = row == 1 || row == 4 || row == 6 ? " ?logic" : "";
            String lock = row == 7 ? "" : " lock";
            int first = row * 8;
            forms.add(Form.parse("%02X /r b%s%s".formatted(first, lock, flags)));
            forms.add(Form.parse("%02X /r%s%s".formatted(first + 1, lock, flags)));
            forms.add(Form.parse("%02X /r b%s".formatted(first + 2, flags)));
            forms.add(Form.parse("%02X /r%s".formatted(first + 3, flags)));
            forms.add(Form.parse("%02X =ib b%s".formatted(first + 4, flags)));
            forms.add(Form.parse("%02X =iz%s".formatted(first + 5, flags)));
            forms.add(Form.parse("80 /%d =ib b%s%s".formatted(row, lock, flags)));
            forms.add(Form.parse("81 /%d =iz%s%s".formatted(row, lock, flags)));
            forms.add(Form.parse("82 /%d =ib b no64%s%s".formatted(row, lock, flags)));
            forms.add(Form.parse("83 /%d =ib%s%s".formatted(row, lock, flags)));
        }
    }

    /** ROL, ROR, RCL, RCR, SHL, SHR, SAR by 1, by CL and by an immediate. */
    private static void shifts(List<Form> forms) {
        for (int digit : new int[]{0, 1, 2, 3, 4, 5, 7}) {
            String flags = digit < 4 ? "?rotate" : "?shift";
            forms.add(Form.parse("C0 /%d =ib b %s".formatted(digit, flags)));
            forms.add(Form.parse("C1 /%d =ib %s".formatted(digit, flags)));
            forms.add(Form.parse("D0 /%d b %s".formatted(digit, flags)));
            forms.add(Form.parse("D1 /%d %s".formatted(digit, flags)));
            forms.add(Form.parse("D2 /%d b @count %s".formatted(digit, flags)));
            forms.add(Form.parse("D3 /%d @count %s".formatted(digit, flags)));
        }
    }
}
