package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TranscriptTest {
    @ParameterizedTest
    @CsvSource({"a ... c, a b c, true", "1.0.0... is in, 1.0.0.2026 is in, true", "a.c, abc, false",
            "a ... c, a b d, false",
            "a, ab, false"})
    void comparesWithWhatVaries(String expected, String printed, boolean same) {
        assertThat(Transcript.matches(expected, printed)).isEqualTo(same);
    }

    @Test
    void letsAnyLinesComeWhereThePageSaysSo() {
        assertThat(Transcript.difference(List.of("...", "b", "..."), List.of("x", "y", "b", "z"))).isEmpty();
        assertThat(Transcript.difference(List.of("..."), List.of())).isEmpty();
    }

    @Test
    void findsALineThatIsMissingAndOneTooMany() {
        assertThat(Transcript.difference(List.of("a", "b"), List.of("a"))).contains("'b'");
        assertThat(Transcript.difference(List.of("a"), List.of("a", "b"))).contains("[b]");
        assertThat(Transcript.difference(List.of("...", "b"), List.of("a"))).contains("'b'");
    }

    @Test
    void tellsCommandsFromWhatIsTyped() {
        assertThat(Transcript.command("$ ls -l")).isEqualTo("ls -l");
        assertThat(Transcript.typed("probe> r 4")).isEqualTo("r 4");
        assertThat(Transcript.prompt("probe> r 4")).isEqualTo("probe> ");
        assertThat(Transcript.typed("4: 0 0")).isEmpty();
    }
}
