package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.inject.Inject;
import org.cupule.swap.Swappable;
import org.cupule.types.OffersModel;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.wiring.BundleRevision;

/** The platform as a whole, in a framework. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class WiringIT {
    @Inject
    private BundleContext context;

    private List<Swappable> owners() {
        try {
            return context.getServiceReferences(Swappable.class, null).stream().map(context::getService).toList();
        } catch (InvalidSyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Test
    public void everyBundleIsActive() {
        assertThat(context.getBundles()).allMatch(bundle -> bundle.getState() == Bundle.ACTIVE);
    }

    /** What a manifest says that a plug-in offers is read before it runs; then it is asked itself. */
    @Test
    public void manifestsTellTheModelsThatAreOffered() {
        assertThat(promised()).isNotEmpty().isEqualTo(offered());
    }

    private Set<String> promised() {
        return Arrays.stream(context.getBundles())
                .flatMap(bundle -> bundle.adapt(BundleRevision.class).getDeclaredCapabilities(OffersModel.NAMESPACE)
                        .stream().map(promise -> promise.getAttributes())
                        .map(model -> "%d %s/%s@%s".formatted(bundle.getBundleId(), model.get("kind"),
                                model.get("name"), model.get("version"))))
                .collect(Collectors.toSet());
    }

    private Set<String> offered() {
        return owners().stream().flatMap(owner -> owner.offers().stream())
                .map(offer -> "%d %s/%s".formatted(offer.bundle(), offer.model().kind(), offer.model().id()))
                .collect(Collectors.toSet());
    }

    /** These tests run on two frameworks, and each run says which one it is meant for. */
    @Test
    public void runsOnTheFrameworkThatIsMeant() {
        assertThat(context.getProperty(Constants.FRAMEWORK_VENDOR)).isEqualTo(System.getProperty("cupule.framework"));
    }

    @Test
    public void runsOnJava25() {
        assertThat(Runtime.version().feature()).isEqualTo(25);
    }

    @Test
    public void hasTheBundlesOfTheProject() {
        assertThat(context.getBundles()).extracting(Bundle::getSymbolicName)
                .contains("org.cupule.hsm.api", "org.cupule.hsm.impl", "org.cupule.hv.sim", "org.cupule.machine");
    }
}
