package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CpioArchiveTest {
    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Test
    void headOfAFileIsWhatTheFormatAsksFor() {
        String archive = text(new CpioArchive().file("abc", 0755, new byte[]{'x', 'y'}).end());

        assertThat(archive).startsWith("070701" + "00000001" + "000081ED" + "00000000" + "00000000" + "00000001"
                + "00000000" + "00000002" + "00000000".repeat(4) + "00000004" + "00000000" + "abc\0");
    }

    @Test
    void nameAndContentAreFilledToMultiplesOfFour() {
        byte[] archive = new CpioArchive().file("a", 0644, new byte[]{'x'}).end();

        assertThat(text(archive).substring(110)).startsWith("a\0x\0\0\0" + "070701");
        assertThat(archive.length % 4).isZero();
    }

    @Test
    void devicesCarryTheirNumbers() {
        String archive = text(new CpioArchive().device("console", 5, 1).end());

        assertThat(archive.substring(14, 22)).isEqualTo("00002180");
        assertThat(archive.substring(78, 94)).isEqualTo("0000000500000001");
    }

    @Test
    void linksHoldTheirTarget() {
        String archive = text(new CpioArchive().link("sh", "busybox").end());

        assertThat(archive.substring(14, 22)).isEqualTo("0000A1FF");
        assertThat(archive).contains("sh\0\0\0\0busybox\0");
    }

    @Test
    void endsWithTheTrailer() {
        assertThat(text(new CpioArchive().end())).contains("TRAILER!!!\0");
    }

    @Test
    void theSameCallsGiveTheSameBytes() {
        assertThat(new CpioArchive().directory("etc").end()).isEqualTo(new CpioArchive().directory("etc").end());
    }
}
