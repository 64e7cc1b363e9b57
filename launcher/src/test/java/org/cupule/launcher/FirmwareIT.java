package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Firmware that others have written finds the machine, and boots from it. */
class FirmwareIT {
    private static final Path SEABIOS = Path.of("/usr/share/seabios/bios-256k.bin");
    private static final int SECTOR = 512;
    /** SeaBIOS takes a disk of less than a cylinder for none. */
    private static final int DISK_BYTES = 8 << 20;
    private static final String TEXT = "read through the BIOS\n";

    @TempDir
    Path folder;

    /**
     * <pre>
     *  7C00  31 C0 8E D8         xor ax, ax / mov ds, ax
     *  7C04  8E D0 BC 00 7C      mov ss, ax / mov sp, 0x7C00
     *  7C09  BE 28 7C            mov si, 0x7C28               the packet
     *  7C0C  B4 42 CD 13         mov ah, 0x42 / int 0x13      extended read, from the drive in DL
     *  7C10  72 13               jc 0x7C25
     *  7C12  BE 00 80 BA F8 03   mov si, 0x8000 / mov dx, 0x3F8
     *  7C18  AC 84 C0 74 03      lodsb / test al, al / jz 0x7C20
     *  7C1D  EE EB F8            out dx, al / jmp 0x7C18
     *  7C20  B0 10 E6 F4 F4      mov al, 0x10 / out 0xF4, al / hlt
     *  7C25  FA F4 90            cli / hlt
     *  7C28  10 00 01 00         packet: 16 bytes, 1 sector
     *  7C2C  00 80 00 00         to 0000:8000
     *  7C30  01 00 ...           sector 1
     * </pre>
     */
    private static final String BOOT_SECTOR = """
            31C0 8ED8 8ED0 BC007C BE287C B442 CD13 7213 BE0080 BAF803 AC 84C0 7403 EE EBF8 B010 E6F4 F4 FAF490
            10000100 00800000 0100000000000000""";

    @Test
    void seaBiosBootsFromAVirtioDisk() throws Exception {
        assumeTrue(Files.exists(SEABIOS), SEABIOS + " is not here (Debian: seabios)");

        String output = run(SEABIOS.toString(), "--disk", disk() + ":ro", "--timeout", "300s");

        assertThat(output).contains(TEXT).endsWith("status " + (2 * 0x10 + 1));
    }

    private Path disk() throws IOException {
        var disk = ByteBuffer.allocate(DISK_BYTES);
        disk.put(HexFormat.of().parseHex(BOOT_SECTOR.replaceAll("\\s", "")));
        disk.put(SECTOR - 2, (byte) 0x55).put(SECTOR - 1, (byte) 0xAA);
        disk.put(SECTOR, TEXT.getBytes(StandardCharsets.US_ASCII));
        return Files.write(folder.resolve("disk.img"), disk.array());
    }

    private String run(String... words) throws IOException, InterruptedException {
        Process process = Jar
                .process(folder.resolve("home"), Stream.concat(Stream.of("run"), Stream.of(words)).toList())
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return output + "status " + process.waitFor();
    }
}
