package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TranscriptTest {
    private final Transcript transcript = new Transcript();

    private void write(String text) {
        text.chars().forEach(transcript);
    }

    @Test
    void givesWholeLinesWithoutTheirEnds() throws InterruptedException {
        write("one\r\ntwo\r\nthr");

        assertThat(transcript.next(0)).isEqualTo("one");
        assertThat(transcript.next(0)).isEqualTo("two");
        assertThat(transcript.next(0)).isNull();
    }

    @Test
    void aLineWithoutEndIsCut() throws InterruptedException {
        write("x".repeat(4097));

        assertThat(transcript.next(0)).hasSize(4096);
    }
}
