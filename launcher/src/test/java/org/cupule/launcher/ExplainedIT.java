package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong in a guest is told to its user in sentences: on standard error, in the log, in a trace file. */
class ExplainedIT {
    private static final int NEVER_GOES_ON = 10;
    private static final int TIME_OUT = 6;
    private static final int TRIPLE_FAULT = 5;
    private static final int SECTOR = 512;

    @TempDir
    Path folder;

    /** How a run ended, and all that it wrote. */
    private record Ended(int status, String output) {
    }

    /** {@return a boot sector with this code, which runs in real mode at 0x7C00} */
    private Path sector(String code) throws IOException {
        byte[] bytes = new byte[SECTOR];
        byte[] machine = HexFormat.of().parseHex(code.replace(" ", ""));
        System.arraycopy(machine, 0, bytes, 0, machine.length);
        bytes[SECTOR - 2] = 0x55;
        bytes[SECTOR - 1] = (byte) 0xAA;
        return Files.write(folder.resolve("guest.bin"), bytes);
    }

    private Ended run(String... words) throws IOException, InterruptedException {
        Process process = Jar
                .process(folder.resolve("home"), Stream.concat(Stream.of("run"), Stream.of(words)).toList())
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }

    private String log() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("home").resolve("log"))) {
            return files.map(file -> {
                try {
                    return Files.readString(file);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }).collect(Collectors.joining());
        }
    }

    /**
     * <pre>
     *  7C00  31 C0 8E D8         xor ax, ax / mov ds, ax
     *  7C04  C7 06 18 00 1C 7C   mov word [0x18], 0x7C1C      the handler of #UD
     *  7C0A  A3 1A 00            mov [0x1A], ax
     *  7C0D  BA 10 05 EC         mov dx, 0x510 / in al, dx
     *  7C11  B8 00 A0 8E C0      mov ax, 0xA000 / mov es, ax
     *  7C16  26 A0 10 00         mov al, [es:0x10]
     *  7C1A  0F 04               no instruction
     *  7C1C  B0 10 E6 F4 F4      mov al, 0x10 / out 0xF4, al / hlt
     * </pre>
     */
    @Test
    void accessesThatNobodyAnswersAndUnknownInstructionsAreInTheLogWithTheirPlace() throws Exception {
        Path guest = sector("31C0 8ED8 C70618001C7C A31A00 BA1005EC B800A08EC0 26A01000 0F04 B010E6F4F4");

        Ended ended = run(guest.toString(), "--timeout", "300s");

        assertThat(ended.status).as(ended.output).isEqualTo(2 * 0x10 + 1);
        assertThat(log()).contains("nobody answers the read of 1 bytes at port 0x510", "RIP 0x7c10",
                "nobody answers the read of 1 bytes at memory 0xa0010", "RIP 0x7c16",
                "vcpu0: unknown instruction at 0x7c1a: 0f 04; the guest gets #UD");
    }

    /**
     * <pre>
     *  7C00  BA F8 03 B0 78 EE   mov dx, 0x3F8 / mov al, 'x' / out dx, al
     *  7C06  FA F4 EB FC         stop: cli / hlt / jmp stop
     * </pre>
     */
    @Test
    void aGuestThatHasStoppedForGoodIsExplainedWithItsFunctionAndItsLastAccess() throws Exception {
        Path guest = sector("BAF803 B078 EE FA F4 EBFC");
        Path symbols = Files.writeString(folder.resolve("System.map"), "0000000000007c06 T stop\n");
        Path trace = folder.resolve("trace.txt");

        Ended ended = run(guest.toString(), "--symbols", symbols.toString(), "--trace", trace.toString(), "--timeout",
                "300s");

        assertThat(ended.status).as(ended.output).isEqualTo(NEVER_GOES_ON);
        assertThat(ended.output).contains("the guest has stopped for good",
                "processor 0 was halted at RIP 0x7c08 (stop+0x2) with interrupts off",
                "last accesses: write of 1 bytes to port 0x3f8 of 0x78 (com1).");
        assertThat(Files.readString(trace)).contains("never goes on, status 10", "RAX            0000000000000078",
                "the last blocks of code, oldest first", "0x7c06 (stop)",
                "processor 0: write of 1 bytes to port 0x3f8 of 0x78 (com1)").containsPattern("memory SHA-256 \\w{64}");
    }

    @Test
    void aGuestWhoseTimeIsOverIsExplained() throws Exception {
        Ended ended = run(sector("EBFE").toString(), "--timeout", "1s"); // jmp $

        assertThat(ended.status).as(ended.output).isEqualTo(TIME_OUT);
        assertThat(ended.output).contains("the time is over; processor 0 was running at RIP 0x7c00");
    }

    /**
     * <pre>
     *  7C00  0F 01 1E 08 7C      lidt [0x7C08]
     *  7C05  0F 0B               ud2, which finds no handler
     *  7C08  00 00 ...           a limit of 0
     * </pre>
     */
    @Test
    void aTripleFaultIsExplainedWithRegisters() throws Exception {
        Ended ended = run(sector("0F011E087C 0F0B").toString(), "--timeout", "300s");

        assertThat(ended.status).as(ended.output).isEqualTo(TRIPLE_FAULT);
        assertThat(ended.output).contains("triple fault").containsIgnoringCase("rip").contains("7c05");
    }
}
