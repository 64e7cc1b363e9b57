package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitrdTest {
    @TempDir
    Path folder;
    private Path busybox;

    @BeforeEach
    void makeBusybox() throws IOException {
        busybox = Files.writeString(folder.resolve("busybox"), "BUSYBOX");
    }

    private static String text(Initrd initrd) throws IOException {
        return new String(initrd.archive(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void holdsTheFirstProgramAndBusybox() throws IOException {
        assertThat(text(new Initrd(busybox, Map.of(), null))).contains("init\0", "#!/bin/busybox sh", "bin/busybox\0",
                "BUSYBOX", "dev/console\0");
    }

    @Test
    void theScriptIsThereWhenGiven() throws IOException {
        assertThat(text(new Initrd(busybox, Map.of(), "nproc; echo $HOME"))).contains("nproc; echo $HOME\n");
        assertThat(text(new Initrd(busybox, Map.of(), null))).doesNotContain("nproc; echo");
    }

    @Test
    void listsTheDriversThatItHolds() throws IOException {
        Path driver = Files.writeString(folder.resolve("virtio-rng.ko"), "DRIVER");

        assertThat(text(new Initrd(busybox, Map.of("virtio_rng", driver), null))).contains("modules\0",
                "virtio_rng\n", "lib/modules/virtio_rng.ko\0", "DRIVER");
    }

    @Test
    void theProgramThatEndsTheMachineIsAnExecutableOfThisProcessor() throws IOException {
        byte[] program;
        try (var in = Initrd.class.getResourceAsStream("exitport")) {
            program = in == null ? new byte[0] : in.readAllBytes();
        }

        assertThat(program).startsWith(0x7F, 'E', 'L', 'F', 2, 1).hasSizeLessThan(512);
    }
}
