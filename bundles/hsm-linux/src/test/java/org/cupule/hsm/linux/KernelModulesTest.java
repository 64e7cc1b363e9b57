package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelModulesTest {
    @TempDir
    Path folder;

    private void module(String file, String needs) throws IOException {
        Path path = folder.resolve("kernel").resolve(file);
        Files.createDirectories(path.getParent());
        Files.write(path, ("\u007fELF\u0080\0license=GPL\0depends=" + needs + "\0name=x\0")
                .getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void whatAModuleNeedsComesBeforeIt() throws IOException {
        module("net/top.ko", "middle,low");
        module("net/middle.ko", "low");
        module("low.ko", "");

        assertThat(KernelModules.in(folder).withNeeds(List.of("top")).keySet()).containsExactly("low", "middle", "top");
    }

    @Test
    void hyphensOfFilesAreUnderscoresOfNames() throws IOException {
        module("virtio-rng.ko", "");

        assertThat(KernelModules.in(folder).withNeeds(List.of("virtio_rng"))).containsKey("virtio_rng");
    }

    @Test
    void whatIsNotThereIsLeftOut() throws IOException {
        module("a.ko", "built_in");

        assertThat(KernelModules.in(folder).withNeeds(List.of("a", "b")).keySet()).containsExactly("a");
    }

    @Test
    void modulesThatNeedEachOtherAreListedOnce() throws IOException {
        module("a.ko", "b");
        module("b.ko", "a");

        assertThat(KernelModules.in(folder).withNeeds(List.of("a", "b")).keySet()).containsExactly("b", "a");
    }

    @Test
    void aFolderThatIsNotThereHasNone() throws IOException {
        assertThat(KernelModules.in(folder.resolve("no")).withNeeds(List.of("a"))).isEmpty();
    }
}
