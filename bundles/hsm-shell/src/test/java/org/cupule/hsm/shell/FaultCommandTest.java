package org.cupule.hsm.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultCommandTest {
    @Test
    void readsAScript() {
        assertThat(FaultCommand.script("# two\n10\n\n 200 0x04 # a mask\n")).containsOnlyKeys(10L, 200L)
                .containsEntry(10L, 0L).containsEntry(200L, 4L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing", "ten", "10 4 5", "10 x"})
    void refusesWhatIsNoScript(String text) {
        assertThatThrownBy(() -> FaultCommand.script(text)).isInstanceOf(HsmException.class);
    }
}
