package org.cupule.tck.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateFileTest {
    private static final ModelState INNER = ModelState.of("inner", 3).put("taps", 3).build();
    private static final ModelState STATE = ModelState.of("com.acme.sensor", 2).put("level", Long.MIN_VALUE)
            .put("name", "the \"attic\"\n\\").put("window", new byte[]{0, -1}).put("times", new long[]{1, 2})
            .put("filter", INNER).put("filters", List.of(INNER, INNER)).put("none", new long[0]).build();

    @Test
    void whatWasWrittenIsRead() {
        assertThat(StateFile.parse(StateFile.text(STATE))).isEqualTo(STATE);
    }

    @Test
    void readsTheFilesOfAFolder(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("a-v1.json"), StateFile.text(INNER));
        Files.writeString(folder.resolve("notes.txt"), "no state");
        assertThat(StateFile.readAll(folder)).containsOnlyKeys("a-v1.json").containsValue(INNER);
        assertThat(StateFile.readAll(folder.resolve("absent"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[", "7", "{}", "{\"kind\": \"a\"}", "{\"kind\": \"a\", \"version\": 1}",
            "{\"kind\": \"a\", \"version\": 1, \"fields\": {\"x\": {\"bytes\": \"0\"}}}",
            "{\"kind\": \"a\", \"version\": 1, \"fields\": {\"x\": [1, \"b\"]}}",
            "{\"kind\": \"a\", \"version\": 1, \"fields\": {\"x\": \"\\u12",
            "{\"kind\": \"a\", \"version\": 1, \"fields\": {\"x\": \"\\uzzzz\"}}",
            "{\"kind\": \"a\", \"version\": 1, \"fields\": {}} more", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})
    void refusesWhatIsNoState(String text) {
        assertThatThrownBy(() -> StateFile.parse(text)).isInstanceOf(StateException.class);
    }
}
