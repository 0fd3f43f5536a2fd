/* Add the block, times factors, to the gradient: the table has pairs of the place in
   the gradient and the factor. */
static void put_at(long size, long columns, real *restrict g, const real *s,
                   const int *at, const real *block, long width)
{
    for (long i = 0; i < size; i++)
        for (long j = 0; j < columns; j++, at += 2)
            g[at[0]] += s[at[1]] * block[i * width + j];
}

/* Bring rows together from where a table says. */
static void gather_rows(long count, long n, real *restrict out, const real *r,
                        const int *at)
{
    for (long i = 0; i < count; i++)
        memcpy(out + i * TILE, r + (long)at[i] * TILE, (size_t)n * sizeof(real));
}

/* Bring numbers together from where a table says. */
static void gather_numbers(long count, real *restrict out, const real *s, const int *at)
{
    for (long i = 0; i < count; i++)
        out[i] = s[at[i]];
}

/* Sums of any shape: the table lists for each of them the number it begins with, the
   rows to add and to subtract, the pairs of a number and a row, and the triples of a
   number and two rows. */
static void sums(long count, long n, real *restrict out, const real *s, const real *r,
                 const int *at, long plus, long minus, long scaled, long products)
{
    for (long i = 0; i < count; i++, out += TILE) {
        real sum[TILE];
        const real first = s[*at++];
        for (long b = 0; b < n; b++)
            sum[b] = first;
        for (long k = 0; k < plus; k++) {
            const real *x = r + (long)*at++ * TILE;
            for (long b = 0; b < n; b++)
                sum[b] += x[b];
        }
        for (long k = 0; k < minus; k++) {
            const real *x = r + (long)*at++ * TILE;
            for (long b = 0; b < n; b++)
                sum[b] -= x[b];
        }
        for (long k = 0; k < scaled; k++, at += 2) {
            const real p = s[at[0]], *x = r + (long)at[1] * TILE;
            for (long b = 0; b < n; b++)
                sum[b] += p * x[b];
        }
        for (long k = 0; k < products; k++, at += 3) {
            const real c = s[at[0]], *x = r + (long)at[1] * TILE;
            const real *y = r + (long)at[2] * TILE;
            for (long b = 0; b < n; b++)
                sum[b] += c * x[b] * y[b];
        }
        for (long b = 0; b < n; b++)
            out[b] = sum[b];
    }
}

/* Sums of any shape, once per call: of numbers, listed as rows are for other sums. */
static void shared_sums(long count, real *restrict out, const real *s, const int *at,
                        long plus, long minus, long scaled, long products)
{
    for (long i = 0; i < count; i++) {
        real sum = s[*at++];
        for (long k = 0; k < plus; k++)
            sum += s[*at++];
        for (long k = 0; k < minus; k++)
            sum -= s[*at++];
        for (long k = 0; k < scaled; k++, at += 2)
            sum += s[at[0]] * s[at[1]];
        for (long k = 0; k < products; k++, at += 3)
            sum += s[at[0]] * s[at[1]] * s[at[2]];
        out[i] = sum;
    }
}

/* Add to the gradient the sums of rows over the samples, each times a number. The table
   has for each of them: the place in the gradient, the number, the row. The number may
   be so small that a share of it is 0; a quotient comes last, in whatever order. */
static void add_rows(long count, long n, real *restrict g, const real *s, const real *r,
                     const int *at, real scale, int add)
{
    const real samples = 1 / scale;
    for (long i = 0; i < count; i++, at += 3) {
        const real *x = r + (long)at[2] * TILE;
        real sum = 0;
        for (long b = 0; b < n; b++)
            sum += x[b];
        g[at[0]] = (add ? g[at[0]] : 0) + s[at[1]] * sum / samples;
    }
}

/* Add to the gradient the sums of products of two rows over the samples, each times a
   number. The table has: the place in the gradient, the number, the rows. */
static void add_products(long count, long n, real *restrict g, const real *s,
                         const real *r, const int *at, real scale, int add)
{
    for (long i = 0; i < count; i++, at += 4) {
        const real *x = r + (long)at[2] * TILE, *y = r + (long)at[3] * TILE;
        real sum = 0;
        for (long b = 0; b < n; b++)
            sum += x[b] * y[b];
        g[at[0]] = (add ? g[at[0]] : 0) + s[at[1]] * scale * sum;
    }
}

/* Add numbers to the gradient; the table has pairs of places. */
static void add_numbers(long count, real *restrict g, const real *s, const int *at)
{
    for (long i = 0; i < count; i++, at += 2)
        g[at[0]] += s[at[1]];
}
