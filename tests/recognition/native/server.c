/* Calls the engine's functions as a parent process asks: for kernels of another architecture, run
 * by qemu. Each argument comes as a letter and 8 bytes: a number, or how many bytes of an array
 * follow. Answers: the result, and all arrays as they are now. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 9 };

struct argument {
    int64_t number, size;
    double real;
    char *bytes;
};

typedef void *array;
void run_steps(array, int64_t, array, array, array, array, int64_t, array, int64_t);
void resize_to_planes(array, int64_t, int64_t, int64_t, array, int64_t, int64_t, int64_t, array);
void resize_crops(array, int64_t, array, int64_t, array, int64_t, int64_t, array);
int64_t proposal_plane(int64_t);
int64_t proposal_work(int64_t, int64_t);
void propose(array, int64_t, int64_t, array, array, array);
int64_t suppress(array, int64_t, float, float, int64_t, array, array);

static void get(void *to, size_t size)
{
    if (size && fread(to, size, 1, stdin) != 1)
        exit(0);
}

static struct argument get_argument(void)
{
    struct argument it = {0};
    char kind;
    get(&kind, 1);
    if (kind == 'r')
        get(&it.real, sizeof it.real);
    else
        get(&it.number, sizeof it.number);
    if (kind == 'a') {
        it.size = it.number;
        it.bytes = aligned_alloc(64, (size_t)(it.size + 64) / 64 * 64);
        get(it.bytes, (size_t)it.size);
    }
    return it;
}

static int64_t call(const char *name, const struct argument *a)
{
#define A(i) a[i].bytes
#define N(i) a[i].number
    if (!strcmp(name, "run_steps"))
        run_steps(A(0), N(1), A(2), A(3), A(4), A(5), N(6), A(7), N(8));
    else if (!strcmp(name, "resize_to_planes"))
        resize_to_planes(A(0), N(1), N(2), N(3), A(4), N(5), N(6), N(7), A(8));
    else if (!strcmp(name, "resize_crops"))
        resize_crops(A(0), N(1), A(2), N(3), A(4), N(5), N(6), A(7));
    else if (!strcmp(name, "proposal_plane"))
        return proposal_plane(N(0));
    else if (!strcmp(name, "proposal_work"))
        return proposal_work(N(0), N(1));
    else if (!strcmp(name, "propose"))
        propose(A(0), N(1), N(2), A(3), A(4), A(5));
    else if (!strcmp(name, "suppress"))
        return suppress(A(0), N(1), (float)a[2].real, (float)a[3].real, N(4), A(5), A(6));
    else
        exit(2);
    return 0;
}

int main(void)
{
    for (;;) {
        char name[32] = {0};
        int64_t count;
        struct argument arguments[MOST] = {{0}};
        get(name, sizeof name - 1);
        get(&count, sizeof count);
        for (int64_t i = 0; i < count && i < MOST; i++)
            arguments[i] = get_argument();
        const int64_t result = call(name, arguments);
        fwrite(&result, sizeof result, 1, stdout);
        for (int64_t i = 0; i < count && i < MOST; i++) {
            if (arguments[i].size)
                fwrite(arguments[i].bytes, (size_t)arguments[i].size, 1, stdout);
            free(arguments[i].bytes);
        }
        fflush(stdout);
    }
}
