package org.cupule.machine.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BuiltJarTest {
    @TempDir
    Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("a.jar"), bytes);
    }

    @Test
    void saysNameAndVersion() throws IOException {
        assertThat(BuiltJar.read(file(Jars.bundle("com.acme.x;singleton:=true", "1.2.3.q", "a")))).get()
                .extracting(BuiltJar::text).isEqualTo("com.acme.x@1.2.3.q");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.2, 0.5, 0.9, 0.99})
    void isNotThereWhileItIsWritten(double part) throws IOException {
        byte[] whole = Jars.bundle("com.acme.x", "1.0.0", "a long content".repeat(100));
        assertThat(BuiltJar.read(file(Arrays.copyOf(whole, (int) (whole.length * part))))).isEmpty();
    }

    @Test
    void isNotThereWithoutAFile() {
        assertThat(BuiltJar.read(folder.resolve("none.jar"))).isEmpty();
    }

    @Test
    void saysHowToBuildABundle() throws IOException {
        Path plain = file(Jars.plain());
        assertThatThrownBy(() -> BuiltJar.read(plain)).isInstanceOf(BuiltJar.NotABundleException.class)
                .hasMessageContaining("Bundle-SymbolicName").hasMessageContaining("bnd-maven-plugin");
    }
}
