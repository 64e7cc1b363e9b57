package org.cupule.hw.cpu.systest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The list of known differences")
class DifferencesTest {
    private static final Path PAGE = Path.of("..", "..", "docs", "topic", "cpu.md");
    private static final String LIST = """
            == one
            manual: volume 0
            ~ (?<=^a: )1
            > 2
            ~ \\bx$
            > y
            == never
            manual: volume 0
            ~ z
            > zz
            """;

    @Test
    void namesTheManualForEachOfThemAndIsDocumented() {
        var listed = Differences.listed();

        assertThat(listed.explained()).isEqualTo(listed.names());
        assertThat(SystemGuest.text(PAGE)).contains(listed.names());
    }

    @Test
    void explainsALineBySomeOfItsReplacements() {
        var differences = new Differences(LIST);

        assertThat(differences.unexplained("a: 1 x\na: 1 x\na: 1 x\n", "a: 2 x\na: 1 y\na: 2 y\n")).isEmpty();
        assertThat(differences.seen()).containsExactly("one");
    }

    @Test
    void explainsNothingElse() {
        assertThat(new Differences(LIST).unexplained("a: 1\nb: 1\n", "a: 3\nb: 2\nc\n")).containsExactly(
                "ours: a: 1\nQEMU: a: 3", "ours: b: 1\nQEMU: b: 2", "ours: (nothing)\nQEMU: c");
    }
}
