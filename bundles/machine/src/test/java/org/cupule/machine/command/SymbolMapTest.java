package org.cupule.machine.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SymbolMapTest {
    @TempDir
    Path folder;

    private SymbolMap map(String text) throws IOException {
        return SymbolMap.read(Files.writeString(folder.resolve("System.map"), text));
    }

    @Test
    void namesTheFunctionAndTheDistance() throws IOException {
        SymbolMap map = map("ffffffff81000000 T _text\nffffffff81000100 t do_idle\n");

        assertThat(map.at(0xffffffff81000100L)).contains("do_idle");
        assertThat(map.at(0xffffffff8100017fL)).contains("do_idle+0x7f");
    }

    @Test
    void addressesBeforeTheFirstAndFarBehindTheLastHaveNoName() throws IOException {
        SymbolMap map = map("1000 T start\n");

        assertThat(map.at(0xFFF)).isEmpty();
        assertThat(map.at(0x1000 + (1 << 20))).isEmpty();
        assertThat(map.at(0xffffffff81000000L)).isEmpty();
    }

    @Test
    void aFileWithoutSymbolsIsRefusedInASentence() {
        assertThatExceptionOfType(HsmException.class).isThrownBy(() -> map("see the debug package\n"))
                .withMessageContaining("has no symbols");
        assertThatExceptionOfType(HsmException.class).isThrownBy(() -> SymbolMap.read(folder.resolve("none")))
                .withMessageContaining("none");
    }
}
